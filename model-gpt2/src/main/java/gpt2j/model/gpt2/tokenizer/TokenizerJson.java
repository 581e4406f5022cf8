package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Unknown;
import gpt2j.model.gpt2.tokenizer.TokenizerConfig.TokenizerClass;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code tokenizer.json}, the format of Hugging Face tokenizers, as far as it describes
 * byte-level byte pair encoding: the model BPE after the pre-tokenizer ByteLevel. Truncation and
 * padding are settings for training batches and don't matter here.
 */
final class TokenizerJson {
  private final JsonFile json;

  private final List<AddedToken> added = new ArrayList<>();
  private final Set<Integer> addedIds = new HashSet<>();
  private final Set<String> addedContents = new HashSet<>();
  private boolean cutsPieces;
  private boolean decodes;
  private @Nullable String paddingToken;
  private boolean addPrefixSpace = true;
  private @Nullable Map<String, Integer> tokens;
  private @Nullable List<Merge> merges;
  private @Nullable String unknownToken;
  private boolean fuseUnknown;

  private TokenizerJson(JsonFile json) {
    this.json = json;
  }

  static TokenizerParts read(JsonFile json, TokenizerConfig config) {
    return new TokenizerJson(json).read(config);
  }

  private TokenizerParts read(TokenizerConfig config) {
    json.object(
        field -> {
          switch (field) {
            case "version" -> version();
            case "truncation" -> json.skip();
            case "padding" -> padding();
            case "added_tokens" -> json.array(this::addedToken);
            case "normalizer" -> normalizer();
            case "pre_tokenizer" -> preTokenizer();
            case "post_processor" -> postProcessor();
            case "decoder" -> decoder();
            case "model" -> model();
            default -> json.refuseUnlessOff();
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
    boolean asSaved = config.tokenizerClass() == TokenizerClass.AS_SAVED;
    if (asSaved && !decodes) {
      throw json.errorInFile("decoder is missing; only ByteLevel is supported");
    }
    var vocabulary =
        new BytePairVocabulary(
            tokens,
            merges,
            rank -> json.name() + ": model.merges[" + rank + "]",
            new Unknown(unknownToken, fuseUnknown),
            asSaved ? addPrefixSpace : config.addPrefixSpace().orElse(false));
    return new TokenizerParts(vocabulary, tokens, added, paddingToken);
  }

  private void version() {
    String version = json.string();
    if (!version.equals("1.0")) {
      throw json.error(TokenizerException.quote(version) + " is not supported, only \"1.0\"");
    }
  }

  private void addedToken() {
    AddedToken token = AddedToken.read(json, false);
    if (token.id() == AddedToken.NO_ID || token.content().isEmpty()) {
      throw json.error("must have an id and a content");
    }
    if (!addedIds.add(token.id())) {
      throw json.error("has the id of another token, " + token.id());
    }
    if (!addedContents.add(token.content())) {
      throw json.error(
          "has the content of another token, " + TokenizerException.quote(token.content()));
    }
    added.add(token);
  }

  /** It doesn't matter here, but may name a token. */
  private void padding() {
    if (json.isNull()) {
      return;
    }
    json.object(
        field -> {
          if (field.equals("pad_token")) {
            paddingToken = json.string();
          } else {
            json.skip();
          }
        });
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

  private void decoder() {
    if (!json.isNull()) {
      byteLevel();
      decodes = true;
    }
  }

  /** One that only corrects offsets, or puts nothing but the text where the text was. */
  private void postProcessor() {
    if (json.isNull()) {
      return;
    }
    Processor processor = new Processor();
    json.object(
        field -> {
          switch (field) {
            case "type" -> processor.type = json.string();
            case "single" -> json.array(() -> json.object(processor::piece));
            case "processors" -> json.array(this::postProcessor);
            default -> json.skip();
          }
        });
    switch (processor.type) {
      case "ByteLevel", "Sequence" -> {}
      case "TemplateProcessing" -> {
        if (!processor.pieces.equals(List.of("Sequence A"))) {
          throw json.error("adds tokens to the text, which is not supported");
        }
      }
      default ->
          throw json.error(
              "is "
                  + Json.printable(processor.type)
                  + "; only ByteLevel, and TemplateProcessing that adds no tokens, are supported");
    }
  }

  private final class Processor {
    private String type = "of no type";
    private final List<String> pieces = new ArrayList<>();

    /** The kind of a piece, and which text or token it is. */
    void piece(String kind) {
      json.object(
          field -> {
            if (field.equals("id")) {
              pieces.add(kind + " " + json.string());
            } else {
              json.skip();
            }
          });
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
            case "vocab" -> tokens = Vocabulary.readIds(json);
            case "merges" -> merges = readMerges();
            case "unk_token" -> unknownToken = json.isNull() ? null : json.string();
            case "fuse_unk" -> fuseUnknown = !json.isNull() && json.bool();
            // dropout, ignore_merges, byte_fallback, continuing_subword_prefix, end_of_word_suffix
            default -> json.refuseUnlessOff();
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
