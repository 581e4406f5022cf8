package gpt2j.model.gpt2.tokenizer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What transformers keeps beside the vocabulary, in {@code tokenizer_config.json} and {@code
 * special_tokens_map.json}: of all its settings, those that change what text encodes to.
 *
 * @param tokenizerClass how the files are read
 * @param named the tokens that have a role such as {@code pad_token}, by it; empty where there is
 *     to be none
 * @param ownNamed the same for roles that transformers doesn't know
 * @param further further special tokens, in their order
 * @param added {@code added_tokens_decoder}, where present
 * @param addPrefixSpace whether a text that doesn't start with a space gets one, where present
 * @param frame the setting that asks for a token before or after each text, where one does
 */
record TokenizerConfig(
    TokenizerClass tokenizerClass,
    Map<String, Optional<AddedToken>> named,
    Map<String, Optional<AddedToken>> ownNamed,
    List<AddedToken> further,
    Optional<SortedMap<Integer, AddedToken>> added,
    Optional<Boolean> addPrefixSpace,
    Optional<String> frame) {
  static final String FILE = "tokenizer_config.json";
  static final String OLDER_FILE = "special_tokens_map.json";
  static final String END_OF_TEXT = "eos_token";

  /** Of the model, not of the vocabulary; but it may name the class. */
  private static final String MODEL_FILE = "config.json";

  private static final String PADDING = "pad_token";

  private static final String CLASS = "tokenizer_class";

  /** In the order in which transformers numbers those that are new. */
  private static final List<String> ROLES =
      List.of(
          "bos_token", END_OF_TEXT, "unk_token", "sep_token", PADDING, "cls_token", "mask_token");

  /** Those that the class GPT2Tokenizer gives a token by itself. */
  private static final List<String> USUAL_ROLES = List.of("bos_token", END_OF_TEXT, "unk_token");

  /** What transformers makes of the files. */
  enum TokenizerClass {
    /**
     * GPT-2's own: of {@code tokenizer.json} it takes the tokens and the merges; all else is as the
     * configuration says, or as in GPT-2.
     */
    GPT2,

    /** Any tokenizer: {@code tokenizer.json} as it stands. */
    AS_SAVED
  }

  /** One that says nothing. */
  static TokenizerConfig gpt2() {
    return new Reader().config(new Reader());
  }

  static TokenizerConfig read(TokenizerFolder folder) {
    Reader config = new Reader();
    folder.readIfPresent(FILE, config::read);
    Reader older = new Reader();
    folder.readIfPresent(OLDER_FILE, older::read);
    if (config.tokenizerClass == null) {
      folder.readIfPresent(MODEL_FILE, config::readClass);
    }
    // As transformers, which takes the older file for one of the time before this field.
    return config.config(config.added.isPresent() ? new Reader() : older);
  }

  TokenizerConfig withClass(TokenizerClass other) {
    return new TokenizerConfig(other, named, ownNamed, further, added, addPrefixSpace, frame);
  }

  /**
   * All tokens that have a role, in the order in which transformers numbers those that are new.
   *
   * @param padding the one that pads where the configuration doesn't say
   */
  List<AddedToken> withRoles(@Nullable AddedToken padding) {
    List<AddedToken> tokens = new ArrayList<>();
    for (String role : ROLES) {
      AddedToken usual = role.equals(PADDING) ? padding : usual(role);
      named.getOrDefault(role, Optional.ofNullable(usual)).ifPresent(tokens::add);
    }
    ownNamed.values().forEach(token -> token.ifPresent(tokens::add));
    return tokens.stream().map(AddedToken::asSpecial).toList();
  }

  private @Nullable AddedToken usual(String role) {
    return tokenizerClass == TokenizerClass.GPT2 && USUAL_ROLES.contains(role)
        ? AddedToken.special(AddedToken.NO_ID, Tokenizer.END_OF_TEXT)
        : null;
  }

  /**
   * Refuses to put a token before or after each text. For {@code tokenizer.json} its own
   * post-processor has the last word, as in transformers.
   */
  void refuseFrame() {
    frame.ifPresent(
        setting -> {
          throw new TokenizerException(
              FILE + ": " + setting + " is not supported; set it to false");
        });
  }

  /** The names that the files themselves call special. */
  Set<String> specialNames() {
    Set<String> names = new HashSet<>();
    named.values().forEach(token -> token.ifPresent(t -> names.add(t.content())));
    further.forEach(token -> names.add(token.content()));
    return names;
  }

  /** The text of the token that ends a text; null where there is to be none. */
  @Nullable String endOfText() {
    Optional<AddedToken> token = named.get(END_OF_TEXT);
    // Where nobody says, as in GPT-2.
    return token == null ? Tokenizer.END_OF_TEXT : token.map(AddedToken::content).orElse(null);
  }

  private static final class Reader {
    private final Map<String, Optional<AddedToken>> named = new LinkedHashMap<>();
    private final Map<String, Optional<AddedToken>> ownNamed = new LinkedHashMap<>();
    private List<AddedToken> further = new ArrayList<>();
    private List<AddedToken> olderFurther = new ArrayList<>();
    private Optional<SortedMap<Integer, AddedToken>> added = Optional.empty();
    private Optional<Boolean> addPrefixSpace = Optional.empty();
    private Optional<String> frame = Optional.empty();
    private @Nullable TokenizerClass tokenizerClass;

    Reader read(JsonFile json) {
      json.object(field -> read(json, field));
      return this;
    }

    private void read(JsonFile json, String field) {
      switch (field) {
        case CLASS -> tokenizerClass = tokenizerClass(json);
        case "add_prefix_space" ->
            addPrefixSpace = json.isNull() ? Optional.empty() : Optional.of(json.bool());
        case "add_bos_token", "add_eos_token" -> {
          if (!json.isNull() && json.bool()) {
            frame = Optional.of(field);
          }
        }
        case "added_tokens_decoder" -> added = Optional.of(byId(json));
        case "extra_special_tokens" -> further = several(json);
        case "additional_special_tokens" -> olderFurther = several(json);
        default -> {
          if (ROLES.contains(field)) {
            named.put(field, token(json));
          } else if (field.endsWith("_token") && (json.isString() || json.isObject())) {
            ownNamed.put(field, token(json));
          } else {
            json.skip();
          }
        }
      }
    }

    Reader readClass(JsonFile json) {
      json.object(
          field -> {
            if (field.equals(CLASS)) {
              tokenizerClass = tokenizerClass(json);
            } else {
              json.skip();
            }
          });
      return this;
    }

    private static @Nullable TokenizerClass tokenizerClass(JsonFile json) {
      if (json.isNull()) {
        return null;
      }
      String name = json.string();
      return switch (name) {
        case "GPT2Tokenizer", "GPT2TokenizerFast" -> TokenizerClass.GPT2;
        case "PreTrainedTokenizerFast", "PreTrainedTokenizer", "TokenizersBackend" ->
            TokenizerClass.AS_SAVED;
        default ->
            throw json.error(
                "%s is not supported, only \"GPT2Tokenizer\" and \"PreTrainedTokenizerFast\""
                    .formatted(TokenizerException.quote(name)));
      };
    }

    private static SortedMap<Integer, AddedToken> byId(JsonFile json) {
      SortedMap<Integer, AddedToken> tokens = new TreeMap<>();
      json.object(
          key -> {
            int id = key.matches("\\d{1,7}") ? Integer.parseInt(key) : Integer.MAX_VALUE;
            if (id > Vocabulary.LARGEST_ID) {
              throw json.error(
                  "must have an id from 0 to " + Vocabulary.LARGEST_ID + " for its name");
            }
            tokens.put(id, withContent(json, false).withId(id));
          });
      return tokens;
    }

    private List<AddedToken> several(JsonFile json) {
      List<AddedToken> tokens = new ArrayList<>();
      if (json.isObject()) {
        json.object(role -> ownNamed.put(role, token(json)));
      } else if (!json.isNull()) {
        json.array(() -> token(json).ifPresent(tokens::add));
      }
      return tokens;
    }

    /** A name, or an object with all its properties; null for none. */
    private static Optional<AddedToken> token(JsonFile json) {
      if (json.isNull()) {
        return Optional.empty();
      }
      return Optional.of(
          json.isObject()
              ? withContent(json, true)
              : AddedToken.special(AddedToken.NO_ID, json.string()));
    }

    private static AddedToken withContent(JsonFile json, boolean special) {
      AddedToken token = AddedToken.read(json, special);
      if (token.content().isEmpty()) {
        throw json.error("has no content");
      }
      return token;
    }

    TokenizerConfig config(Reader older) {
      named.putAll(older.named);
      ownNamed.putAll(older.ownNamed);
      List<AddedToken> others = new ArrayList<>(further.isEmpty() ? olderFurther : further);
      others.addAll(older.olderFurther);
      others.addAll(older.further);
      return new TokenizerConfig(
          tokenizerClass == null ? TokenizerClass.GPT2 : tokenizerClass,
          named,
          ownNamed,
          others,
          added,
          addPrefixSpace,
          frame);
    }
  }
}
