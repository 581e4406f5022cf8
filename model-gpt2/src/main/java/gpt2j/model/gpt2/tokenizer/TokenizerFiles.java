package gpt2j.model.gpt2.tokenizer;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Merge;
import gpt2j.model.gpt2.tokenizer.BytePairVocabulary.Unknown;
import java.io.ByteArrayOutputStream;
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
        IntStream.range(0, 256).mapToObj(b -> String.valueOf(ByteAlphabet.character(b))).toList(),
        List.of());
  }

  /** GPT-2's vocabulary. */
  public static TokenizerFiles gpt2() {
    return Gpt2Merges.files();
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
    files.put(TokenizerFolder.TOKENIZER, json(this::writeTokenizer));
    files.put(TokenizerConfig.FILE, json(TokenizerFiles::writeConfig));
    return files;
  }

  private interface Body {
    void write(JsonGenerator json);
  }

  private static byte[] json(Body body) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.indentedGenerator(text)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    }
    text.write('\n');
    return text.toByteArray();
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
