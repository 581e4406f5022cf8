package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.VocabularyContents.Kind;
import gpt2j.model.gpt2.tokenizer.VocabularyContents.Token;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.core.JsonGenerator;

/**
 * The files of a byte-level vocabulary, as Hugging Face tokenizers and transformers read them:
 * {@code tokenizer.json} and {@code tokenizer_config.json}.
 */
public final class TokenizerFiles {
  private static final int BYTES = 256;

  private final VocabularyContents contents;

  private TokenizerFiles(VocabularyContents contents) {
    this.contents = contents;
  }

  /**
   * A vocabulary.
   *
   * @param tokens by id, in the {@link ByteAlphabet}, without the one that ends a text
   */
  TokenizerFiles(List<String> tokens, List<Merge> merges) {
    this(
        new VocabularyContents(
            Stream.concat(
                    tokens.stream().map(token -> new Token(token, Kind.ORDINARY)),
                    Stream.of(new Token(Tokenizer.END_OF_TEXT, Kind.SPECIAL)))
                .toList(),
            // As one string each, which every version reads.
            merges.stream().map(merge -> merge.left() + " " + merge.right()).toList(),
            OptionalInt.of(tokens.size())));
  }

  /** Any vocabulary; the token that ends a text may be anywhere, or none. */
  public static TokenizerFiles of(VocabularyContents contents) {
    return new TokenizerFiles(contents);
  }

  /** Every byte its own token, whose id is its value; 256 ends a text. */
  public static TokenizerFiles bytes() {
    return new TokenizerFiles(
        IntStream.range(0, BYTES).mapToObj(b -> String.valueOf(ByteAlphabet.character(b))).toList(),
        List.of());
  }

  /**
   * GPT-2's vocabulary. Its merges are found again from its tokens: training made a token of each
   * merge, so that ids are the order of the merges, and the two tokens that a merge joined are what
   * the merges before it leave of the new one.
   */
  public static TokenizerFiles gpt2() {
    Gpt2Vocabulary vocabulary = new Gpt2Vocabulary();
    List<String> tokens = new ArrayList<>();
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      String token = ByteAlphabet.spell(vocabulary.bytes(id));
      tokens.add(token);
      ids.put(token, id);
    }
    List<Merge> merges =
        tokens.subList(BYTES, tokens.size()).stream().map(token -> last(token, ids)).toList();
    return new TokenizerFiles(tokens, merges);
  }

  /** The merge that makes {@code token} when all those before it are done. */
  private static Merge last(String token, Map<String, Integer> ids) {
    List<String> parts = new ArrayList<>(List.of(token.split("")));
    while (parts.size() > 2) {
      int first = 0;
      int lowest = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int id = ids.getOrDefault(parts.get(i).concat(parts.get(i + 1)), Integer.MAX_VALUE);
        if (id < lowest) {
          lowest = id;
          first = i;
        }
      }
      parts.set(first, parts.get(first).concat(parts.remove(first + 1)));
    }
    return new Merge(parts.getFirst(), parts.getLast());
  }

  /** The tokenizer that loading these files makes. */
  public Tokenizer tokenizer() {
    return contents.tokenizer(id -> "token " + id, rank -> "merge " + rank);
  }

  /** The vocabulary itself. */
  VocabularyContents contents() {
    return contents;
  }

  /** The files by their names. */
  public Map<String, byte[]> content() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(TokenizerFolder.TOKENIZER, Json.text(this::writeTokenizer));
    files.put(TokenizerConfig.FILE, Json.text(this::writeConfig));
    return files;
  }

  private void writeConfig(JsonGenerator json) {
    json.writeBooleanProperty("add_prefix_space", false);
    for (String name : List.of("bos_token", "eos_token", "unk_token")) {
      if (contents.endOfText().isPresent()) {
        json.writeStringProperty(
            name, contents.tokens().get(contents.endOfText().getAsInt()).text());
      } else {
        json.writeNullProperty(name);
      }
    }
    json.writeStringProperty("tokenizer_class", "GPT2Tokenizer");
  }

  private void writeTokenizer(JsonGenerator json) {
    json.writeStringProperty("version", "1.0");
    json.writeNullProperty("truncation");
    json.writeNullProperty("padding");
    json.writeName("added_tokens");
    json.writeStartArray();
    for (int id = 0; id < contents.tokens().size(); id++) {
      writeAdded(json, id, contents.tokens().get(id));
    }
    json.writeEndArray();
    json.writeNullProperty("normalizer");
    for (String part : List.of("pre_tokenizer", "post_processor", "decoder")) {
      json.writeName(part);
      writeByteLevel(json);
    }
    writeModel(json);
  }

  private static void writeAdded(JsonGenerator json, int id, Token token) {
    if (token.kind() != Kind.SPECIAL && token.kind() != Kind.ADDED) {
      return;
    }
    json.writeStartObject();
    json.writeNumberProperty("id", id);
    json.writeStringProperty("content", token.text());
    for (String flag : List.of("single_word", "lstrip", "rstrip")) {
      json.writeBooleanProperty(flag, false);
    }
    json.writeBooleanProperty("normalized", token.kind() == Kind.ADDED);
    json.writeBooleanProperty("special", token.kind() == Kind.SPECIAL);
    json.writeEndObject();
  }

  private static void writeByteLevel(JsonGenerator json) {
    json.writeStartObject();
    json.writeStringProperty("type", "ByteLevel");
    json.writeBooleanProperty("add_prefix_space", false);
    json.writeBooleanProperty("trim_offsets", false);
    json.writeBooleanProperty("use_regex", true);
    json.writeEndObject();
  }

  private void writeModel(JsonGenerator json) {
    json.writeName("model");
    json.writeStartObject();
    json.writeStringProperty("type", "BPE");
    for (String name :
        List.of("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
      json.writeNullProperty(name);
    }
    for (String name : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
      json.writeBooleanProperty(name, false);
    }
    json.writeName("vocab");
    json.writeStartObject();
    for (int id = 0; id < contents.tokens().size(); id++) {
      Token token = contents.tokens().get(id);
      if (token.kind() != Kind.UNUSED) {
        json.writeNumberProperty(token.text(), id);
      }
    }
    json.writeEndObject();
    json.writeName("merges");
    json.writeStartArray();
    contents.merges().forEach(json::writeString);
    json.writeEndArray();
    json.writeEndObject();
  }
}
