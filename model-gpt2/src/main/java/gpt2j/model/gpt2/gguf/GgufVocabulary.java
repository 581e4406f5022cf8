package gpt2j.model.gpt2.gguf;

import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.VocabularyContents;
import gpt2j.model.gpt2.tokenizer.VocabularyContents.Kind;
import gpt2j.model.gpt2.tokenizer.VocabularyContents.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The vocabulary in a file's metadata. */
final class GgufVocabulary {
  static final String MODEL = "tokenizer.ggml.model";
  static final String CUTTING = "tokenizer.ggml.pre";
  static final String TOKENS = "tokenizer.ggml.tokens";
  static final String TYPES = "tokenizer.ggml.token_type";
  static final String MERGES = "tokenizer.ggml.merges";

  /** What {@link #MODEL} and {@link #CUTTING} say of GPT-2's. */
  static final String NAME = "gpt2";

  static final String GPT2_CUTTING = "gpt-2";

  // enum llama_token_type
  static final int NORMAL = 1;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int UNUSED = 5;

  /** What older files say, or none, for the same pieces; llama.cpp only warns of them. */
  private static final Set<String> CUTTINGS = Set.of(GPT2_CUTTING, "default", "");

  /** What files say that have no vocabulary. */
  private static final Set<String> NONE = Set.of("no_vocab", "none");

  /** What changes the tokens of texts, unless it is false. */
  private static final List<String> FLAGS =
      List.of(
          "tokenizer.ggml.add_bos_token",
          "tokenizer.ggml.add_eos_token",
          "tokenizer.ggml.add_space_prefix",
          "tokenizer.ggml.add_sep_token");

  private final GgufMetadata metadata;

  GgufVocabulary(GgufMetadata metadata) {
    this.metadata = metadata;
  }

  /**
   * The tokenizer; none where the file has no vocabulary.
   *
   * @throws FormatException when it asks for something that isn't supported
   */
  Optional<Tokenizer> read() {
    String model = metadata.text(MODEL).orElse("none");
    if (NONE.contains(model)) {
      return Optional.empty();
    }
    require(MODEL, model, model.equals(NAME), NAME);
    String cutting = metadata.text(CUTTING).orElse(GPT2_CUTTING);
    require(CUTTING, cutting, CUTTINGS.contains(cutting), GPT2_CUTTING);
    for (String flag : FLAGS) {
      if (metadata.flag(flag, false)) {
        throw new FormatException(flag + " is not supported; set it to false");
      }
    }
    return Optional.of(
        contents()
            .tokenizer(
                id -> "%s[%d]".formatted(TOKENS, id), rank -> "%s[%d]".formatted(MERGES, rank)));
  }

  private static void require(String key, String value, boolean condition, String supported) {
    if (!condition) {
      throw new FormatException(
          "%s is \"%s\", only \"%s\" is supported"
              .formatted(key, Json.printable(value), supported));
    }
  }

  private VocabularyContents contents() {
    List<String> texts = metadata.texts(TOKENS).orElseThrow(() -> missing(TOKENS));
    List<String> merges = metadata.texts(MERGES).orElseThrow(() -> missing(MERGES));
    Optional<List<Integer>> types = metadata.wholes(TYPES);
    if (types.isPresent() && types.get().size() != texts.size()) {
      throw new FormatException(
          "%s has %d tokens, but %s has %d types"
              .formatted(TOKENS, texts.size(), TYPES, types.get().size()));
    }
    OptionalInt bos = role(GgufConfig.BOS, texts.size());
    OptionalInt eos = role(GgufConfig.EOS, texts.size());
    List<Token> tokens = new ArrayList<>(texts.size());
    for (int id = 0; id < texts.size(); id++) {
      // Some files call all tokens ordinary.
      boolean hasRole =
          bos.isPresent() && id == bos.getAsInt() || eos.isPresent() && id == eos.getAsInt();
      Kind kind = kind(id, types.isPresent() ? types.get().get(id) : NORMAL);
      boolean isSpecial = hasRole && kind == Kind.ORDINARY && texts.get(id).startsWith("<");
      tokens.add(
          kind == Kind.UNUSED
              ? Token.NONE
              : new Token(texts.get(id), isSpecial ? Kind.SPECIAL : kind));
    }
    return new VocabularyContents(tokens, merges, eos);
  }

  private static FormatException missing(String key) {
    return new FormatException(key + " is missing");
  }

  private OptionalInt role(String key, int size) {
    OptionalInt token = metadata.size(key);
    if (token.isPresent() && token.getAsInt() >= size) {
      throw new FormatException(
          "%s is %d, but there are %d tokens".formatted(key, token.getAsInt(), size));
    }
    return token;
  }

  private static Kind kind(int id, int type) {
    return switch (type) {
      case NORMAL -> Kind.ORDINARY;
      case CONTROL -> Kind.SPECIAL;
      case USER_DEFINED -> Kind.ADDED;
      case UNUSED -> Kind.UNUSED;
      default ->
          throw new FormatException(
              "%s[%d] is %d, which a vocabulary of GPT-2's kind can't have"
                  .formatted(TYPES, id, type));
    };
  }
}
