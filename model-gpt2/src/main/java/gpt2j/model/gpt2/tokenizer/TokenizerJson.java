package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.AddedTokens.AddedToken;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Unknown;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code tokenizer.json}, the format of Hugging Face tokenizers, as far as it describes
 * byte-level byte pair encoding: the model BPE after the pre-tokenizer ByteLevel. Truncation and
 * padding are settings for training batches and don't matter here.
 */
final class TokenizerJson {
  private final JsonFile json;

  private final List<AddedToken> added = new ArrayList<>();
  private boolean cutsPieces;
  private boolean addPrefixSpace = true;
  private @Nullable Map<String, Integer> tokens;
  private @Nullable List<Merge> merges;
  private @Nullable String unknownToken;
  private boolean fuseUnknown;

  private TokenizerJson(JsonFile json) {
    this.json = json;
  }

  static TokenizerParts read(Path file, TokenizerConfig config) {
    return JsonFile.read(file, json -> new TokenizerJson(json).read(config));
  }

  /** From a text that isn't a file. */
  static TokenizerParts read(String name, byte[] text, TokenizerConfig config) {
    return JsonFile.read(name, text, json -> new TokenizerJson(json).read(config));
  }

  private TokenizerParts read(TokenizerConfig config) {
    json.object(
        field -> {
          switch (field) {
            case "version" -> version();
            case "truncation", "padding" -> json.skip();
            case "added_tokens" -> json.array(this::addedToken);
            case "normalizer" -> normalizer();
            case "pre_tokenizer" -> preTokenizer();
            case "post_processor", "decoder" -> byteLevelOrNothing();
            case "model" -> model();
            default -> off();
          }
        });
    if (!cutsPieces) {
      throw json.errorInFile("pre_tokenizer is missing; only ByteLevel is supported");
    }
    if (tokens == null || tokens.isEmpty()) {
      throw json.errorInFile("model.vocab is missing or empty");
    }
    if (merges == null) {
      throw json.errorInFile("model.merges is missing");
    }
    var vocabulary =
        new BytePairVocabulary(
            tokens,
            merges,
            rank -> json.name() + ": model.merges[" + rank + "]",
            new Unknown(unknownToken, fuseUnknown),
            config.addPrefixSpace().orElse(addPrefixSpace));
    return TokenizerParts.of(json.name() + ": added_tokens", vocabulary, tokens, added);
  }

  private void version() {
    String version = json.string();
    if (!version.equals("1.0")) {
      throw json.error(TokenizerException.quote(version) + " is not supported, only \"1.0\"");
    }
  }

  /** A setting that must be off, as what it does isn't supported. */
  private void off() {
    if (!json.isOff()) {
      throw json.error(json.shown() + " is not supported");
    }
  }

  private void addedToken() {
    AddedTokenFields token = new AddedTokenFields();
    json.object(
        field -> {
          switch (field) {
            case "id" -> token.id = json.integer(TokenIds.LARGEST);
            case "content" -> token.content = json.string();
            case "special" -> token.special = json.bool();
            case "normalized" -> token.normalized = json.bool();
            // single_word, lstrip, rstrip
            default -> off();
          }
        });
    if (token.id < 0 || token.content.isEmpty()) {
      throw json.error("must have an id and a content");
    }
    added.add(new AddedToken(token.id, token.content, token.special, token.normalized));
  }

  private static final class AddedTokenFields {
    private int id = -1;
    private String content = "";
    private boolean special;
    private boolean normalized;
  }

  private void normalizer() {
    if (!json.isNull()) {
      throw json.error("is " + part().type() + "; only null is supported");
    }
  }

  private void preTokenizer() {
    Map<String, Boolean> flags = byteLevel().flags();
    if (!flags.containsKey("add_prefix_space")) {
      throw json.error("must have add_prefix_space");
    }
    addPrefixSpace = flags.get("add_prefix_space");
    if (!flags.getOrDefault("use_regex", true)) {
      throw json.error("has use_regex false, which is not supported");
    }
    cutsPieces = true;
  }

  /** The post-processor only corrects offsets then, and the decoder does what decoding must. */
  private void byteLevelOrNothing() {
    if (!json.isNull()) {
      byteLevel();
    }
  }

  private Part byteLevel() {
    Part part = json.isNull() ? new Part("null", Map.of()) : part();
    if (!part.type().equals("ByteLevel")) {
      throw json.error("is " + part.type() + "; only ByteLevel is supported");
    }
    return part;
  }

  /** The type of a part of the tokenizer, and its settings as far as they are true or false. */
  private record Part(String type, Map<String, Boolean> flags) {}

  private Part part() {
    Map<String, String> type = new HashMap<>();
    Map<String, Boolean> flags = new HashMap<>();
    json.object(
        field -> {
          if (field.equals("type")) {
            type.put(field, json.string());
          } else if (json.isBool()) {
            flags.put(field, json.bool());
          } else {
            json.skip();
          }
        });
    return new Part(Json.printable(type.getOrDefault("type", "of no type")), flags);
  }

  private void model() {
    json.object(
        field -> {
          switch (field) {
            case "type" -> {
              String type = json.string();
              if (!type.equals("BPE")) {
                throw json.error(
                    "is " + TokenizerException.quote(type) + "; only \"BPE\" is supported");
              }
            }
            case "vocab" -> tokens = TokenIds.read(json);
            case "merges" -> merges = readMerges();
            case "unk_token" -> unknownToken = json.isNull() ? null : json.string();
            case "fuse_unk" -> fuseUnknown = !json.isNull() && json.bool();
            // dropout, ignore_merges, byte_fallback, continuing_subword_prefix, end_of_word_suffix
            default -> off();
          }
        });
  }

  /** Merges are {@code "a b"} or {@code ["a", "b"]}; the older and the newer way. */
  private List<Merge> readMerges() {
    List<Merge> list = new ArrayList<>();
    json.array(
        () -> {
          Merge merge = json.isArray() ? mergeOfTwo() : Merge.parse(json.string());
          if (merge == null) {
            throw json.error("must be two tokens with a space between");
          }
          list.add(merge);
        });
    return list;
  }

  private Merge mergeOfTwo() {
    List<String> tokens = new ArrayList<>(2);
    json.array(() -> tokens.add(json.string()));
    if (tokens.size() != 2) {
      throw json.error("must be two tokens, not " + tokens.size());
    }
    return new Merge(tokens.get(0), tokens.get(1));
  }
}
