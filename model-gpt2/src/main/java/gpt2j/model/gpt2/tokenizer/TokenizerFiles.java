package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Unknown;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import tools.jackson.core.JsonGenerator;

/**
 * The files of a byte-level vocabulary, as Hugging Face tokenizers and transformers read them:
 * {@code tokenizer.json} and {@code tokenizer_config.json}. The token that ends a text is the last.
 */
public final class TokenizerFiles {
  private static final int BYTES = 256;

  private final List<String> tokens;
  private final List<Merge> merges;

  /**
   * A vocabulary.
   *
   * @param tokens by id, in the {@link ByteAlphabet}, without the one that ends a text
   */
  TokenizerFiles(List<String> tokens, List<Merge> merges) {
    this.tokens = List.copyOf(tokens);
    this.merges = List.copyOf(merges);
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
    Map<String, Integer> ids = new LinkedHashMap<>();
    tokens.forEach(token -> ids.put(token, ids.size()));
    var vocabulary =
        new BytePairVocabulary(
            ids, merges, rank -> "merge " + rank, new Unknown(null, false), false);
    var endOfText = AddedToken.special(tokens.size(), Tokenizer.END_OF_TEXT);
    return new Tokenizer(
        vocabulary, new AddedTokens(List.of(endOfText)), OptionalInt.of(endOfText.id()));
  }

  /** The files by their names. */
  public Map<String, byte[]> content() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(TokenizerFolder.TOKENIZER, Json.text(this::writeTokenizer));
    files.put(TokenizerConfig.FILE, Json.text(TokenizerFiles::writeConfig));
    return files;
  }

  private static void writeConfig(JsonGenerator json) {
    json.writeBooleanProperty("add_prefix_space", false);
    for (String name : List.of("bos_token", "eos_token", "unk_token")) {
      json.writeStringProperty(name, Tokenizer.END_OF_TEXT);
    }
    json.writeStringProperty("tokenizer_class", "GPT2Tokenizer");
  }

  private void writeTokenizer(JsonGenerator json) {
    json.writeStringProperty("version", "1.0");
    json.writeNullProperty("truncation");
    json.writeNullProperty("padding");
    json.writeName("added_tokens");
    json.writeStartArray();
    json.writeStartObject();
    json.writeNumberProperty("id", tokens.size());
    json.writeStringProperty("content", Tokenizer.END_OF_TEXT);
    for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
      json.writeBooleanProperty(flag, false);
    }
    json.writeBooleanProperty("special", true);
    json.writeEndObject();
    json.writeEndArray();
    json.writeNullProperty("normalizer");
    for (String part : List.of("pre_tokenizer", "post_processor", "decoder")) {
      json.writeName(part);
      writeByteLevel(json);
    }
    writeModel(json);
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
    for (int id = 0; id < tokens.size(); id++) {
      json.writeNumberProperty(tokens.get(id), id);
    }
    json.writeNumberProperty(Tokenizer.END_OF_TEXT, tokens.size());
    json.writeEndObject();
    json.writeName("merges");
    json.writeStartArray();
    // As one string each, which every version reads.
    merges.forEach(merge -> json.writeString(merge.left() + " " + merge.right()));
    json.writeEndArray();
    json.writeEndObject();
  }
}
