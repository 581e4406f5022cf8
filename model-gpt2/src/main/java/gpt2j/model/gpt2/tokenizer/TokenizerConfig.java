package gpt2j.model.gpt2.tokenizer;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What transformers keeps beside the vocabulary, in {@code tokenizer_config.json} and {@code
 * special_tokens_map.json}: of all its settings, those that change what text encodes to.
 *
 * @param specialTokens the names of the special tokens
 * @param endOfText the name of the one that ends a text
 * @param addPrefixSpace overrides the setting of the vocabulary, where present
 * @param addBeginningOfText whether a special token is to go before each text
 */
record TokenizerConfig(
    Set<String> specialTokens,
    String endOfText,
    Optional<Boolean> addPrefixSpace,
    boolean addBeginningOfText) {
  static final String FILE = "tokenizer_config.json";
  private static final String OLDER_FILE = "special_tokens_map.json";

  /** One that says nothing but how a text ends. */
  static TokenizerConfig endingWith(String endOfText) {
    return new TokenizerConfig(Set.of(endOfText), endOfText, Optional.empty(), false);
  }

  static TokenizerConfig read(Path directory) {
    Reader reader = new Reader();
    // The newer file has the last word.
    for (String name : new String[] {OLDER_FILE, FILE}) {
      Path file = directory.resolve(name);
      if (JsonFile.exists(file)) {
        JsonFile.read(file, reader::read);
      }
    }
    return reader.config();
  }

  private static final class Reader {
    private final Set<String> specialTokens = new TreeSet<>();
    private String endOfText = Tokenizer.END_OF_TEXT;
    private Optional<Boolean> addPrefixSpace = Optional.empty();
    private boolean addBeginningOfText;

    Reader read(JsonFile json) {
      json.object(
          field -> {
            if (json.isNull()) {
              return; // as if it weren't there
            }
            switch (field) {
              case "add_prefix_space" -> addPrefixSpace = Optional.of(json.bool());
              case "add_bos_token" -> addBeginningOfText = json.bool();
              case "eos_token" -> {
                endOfText = token(json);
                specialTokens.add(endOfText);
              }
              case "bos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token" ->
                  specialTokens.add(token(json));
              case "additional_special_tokens" -> json.array(() -> specialTokens.add(token(json)));
              default -> json.skip();
            }
          });
      return this;
    }

    TokenizerConfig config() {
      specialTokens.add(endOfText);
      return new TokenizerConfig(specialTokens, endOfText, addPrefixSpace, addBeginningOfText);
    }

    /** A name, or an object with the name as its content. */
    private static String token(JsonFile json) {
      return json.isObject() ? content(json) : json.string();
    }

    private static String content(JsonFile json) {
      @Nullable String[] content = new String[1];
      json.object(
          field -> {
            if (field.equals("content")) {
              content[0] = json.string();
            } else {
              json.skip();
            }
          });
      if (content[0] == null) {
        throw json.error("has no content");
      }
      return content[0];
    }
  }
}
