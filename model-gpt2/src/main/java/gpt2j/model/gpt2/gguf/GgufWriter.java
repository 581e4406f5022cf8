package gpt2j.model.gpt2.gguf;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelWeights;
import gpt2j.model.gpt2.format.RowWriter;
import gpt2j.model.gpt2.tokenizer.VocabularyContents;
import gpt2j.model.gpt2.tokenizer.VocabularyContents.Kind;
import gpt2j.model.gpt2.tokenizer.VocabularyContents.Token;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/**
 * Writes a GPT-2 as a GGUF file that llama.cpp runs, version 3. As in the files of its own
 * converter vectors and positions stay float32, and matrices of linear layers are turned round;
 * blocks are those of ggml's own quantiser, bit for bit ({@link WeightFormat}).
 */
public final class GgufWriter {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = GgufHeader.USUAL_ALIGNMENT;
  private static final int QUANTIZATION_VERSION = 2; // of ggml's blocks

  /** A tensor of the file. */
  private record Entry(String name, String source, WeightFormat format, long rows, long width) {
    long bytes() {
      return format.bytes(rows, width);
    }

    GgmlType type() {
      return GgmlType.valueOf(format.name());
    }
  }

  private final ModelWeights model;
  private final WeightFormat format;
  private final List<Entry> entries = new ArrayList<>();
  private final Metadata metadata = new Metadata();

  /** Values, which are counted before they are written. */
  private static final class Metadata {
    private final List<Value> values = new ArrayList<>();

    private interface Value {
      void write(RowWriter out) throws IOException;
    }

    private void add(String key, int type, Value value) {
      values.add(
          out -> {
            out.text(key);
            out.intNumber(type);
            value.write(out);
          });
    }

    void text(String key, String value) {
      add(key, GgufValueReader.STRING, out -> out.text(value));
    }

    void number(String key, int value) {
      add(key, GgufValueReader.UINT32, out -> out.intNumber(value));
    }

    void real(String key, float value) {
      add(key, GgufValueReader.FLOAT32, out -> out.intNumber(Float.floatToRawIntBits(value)));
    }

    void flag(String key, boolean value) {
      add(key, GgufValueReader.BOOL, out -> out.oneByte(value ? 1 : 0));
    }

    void texts(String key, List<String> values) {
      array(key, GgufValueReader.STRING, values, RowWriter::text);
    }

    void numbers(String key, List<Integer> values) {
      array(key, GgufValueReader.INT32, values, RowWriter::intNumber);
    }

    private interface Element<T> {
      void write(RowWriter out, T value) throws IOException;
    }

    private <T> void array(String key, int type, List<T> values, Element<T> element) {
      add(
          key,
          GgufValueReader.ARRAY,
          out -> {
            out.intNumber(type);
            out.longNumber(values.size());
            for (T value : values) {
              element.write(out, value);
            }
          });
    }
  }

  /**
   * A writer, which writes nothing yet.
   *
   * @param vocabulary none where the file is to have none
   * @param format of matrices and of the embedding; of a matrix whose rows are no whole blocks it
   *     is F16, as llama.cpp has it
   * @param repeatHead whether a head that is the embedding is there once more, as llama.cpp before
   *     March 2025 wants it
   * @throws FormatException when llama.cpp's GPT-2 can't be what the model is
   */
  public GgufWriter(
      ModelWeights model,
      Optional<VocabularyContents> vocabulary,
      WeightFormat format,
      boolean repeatHead) {
    this.model = model;
    this.format = format;
    requireRunnable(model.config());
    for (String name : model.tensors().keySet()) {
      entries.add(entry(GgufNames.toFile(name), name));
    }
    if (repeatHead && !model.tensors().containsKey(ModelWeights.HEAD)) {
      entries.add(entry(GgufNames.toFile(ModelWeights.HEAD), ModelWeights.EMBEDDING));
    }
    describe();
    vocabulary.ifPresentOrElse(this::describe, this::describeNoVocabulary);
  }

  private static void requireRunnable(Gpt2Config config) {
    if (config.activation() != GeluForm.TANH) {
      throw new FormatException(
          "the model's GELU is exact (activation_function gelu, as in nanoGPT), and that of GGUF's"
              + " GPT-2 is by tanh: its logits would be others");
    }
    if (!config.scaleAttention() || config.scaleByInverseLayer()) {
      throw new FormatException(
          "the model's attention scores are scaled in another way than those of GGUF's GPT-2"
              + " (scale_attn_weights, scale_attn_by_inverse_layer_idx)");
    }
  }

  private Entry entry(String name, String source) {
    ModelWeights.Rows rows = model.rows(source);
    boolean isMatrix =
        ModelWeights.isLinear(source)
            || source.equals(ModelWeights.EMBEDDING)
            || source.equals(ModelWeights.HEAD);
    boolean isWhole = rows.width() % format.groupSize() == 0;
    WeightFormat own = isMatrix ? isWhole ? format : WeightFormat.F16 : WeightFormat.F32;
    return new Entry(name, source, own, rows.count(), rows.width());
  }

  private void describe() {
    Gpt2Config config = model.config();
    metadata.text(GgufConfig.ARCHITECTURE, GgufConfig.NAME);
    metadata.number("general.file_type", fileType());
    if (format.plain().isEmpty()) {
      metadata.number("general.quantization_version", QUANTIZATION_VERSION);
    }
    metadata.number(GgufConfig.VOCABULARY, config.vocabularySize());
    metadata.number(GgufConfig.CONTEXT, config.contextLength());
    metadata.number(GgufConfig.WIDTH, config.embeddingWidth());
    metadata.number(GgufConfig.LAYERS, config.layers());
    metadata.number(GgufConfig.INNER_WIDTH, config.innerWidth());
    metadata.number(GgufConfig.HEADS, config.heads());
    metadata.real(GgufConfig.EPSILON, config.layerNormEpsilon());
    config.bosToken().ifPresent(token -> metadata.number(GgufConfig.BOS, token));
    List<String> keys = GgufConfig.eosKeys();
    if (config.eosTokens().size() > keys.size()) {
      throw new FormatException(
          "the model has %d tokens that end a text, and GGUF has room for %d"
              .formatted(config.eosTokens().size(), keys.size()));
    }
    for (int i = 0; i < config.eosTokens().size(); i++) {
      metadata.number(keys.get(i), config.eosTokens().get(i));
    }
  }

  /** What most tensors are, for people: {@code enum llama_ftype}. */
  private int fileType() {
    return switch (format) {
      case F32 -> 0;
      case F16 -> 1;
      case Q4_0 -> 2;
      case Q8_0 -> 7;
      case BF16 -> 32;
    };
  }

  private void describeNoVocabulary() {
    metadata.text(GgufVocabulary.MODEL, "no_vocab");
  }

  /** llama.cpp wants as many tokens as the embedding has rows. */
  private void describe(VocabularyContents contents) {
    int size = model.config().vocabularySize();
    List<Token> tokens = new ArrayList<>(contents.tokens());
    if (tokens.size() > size) {
      throw new FormatException(
          "the vocabulary has %d tokens, more than the model's %d".formatted(tokens.size(), size));
    }
    while (tokens.size() < size) {
      tokens.add(Token.NONE);
    }
    List<String> texts = new ArrayList<>(size);
    for (Token token : tokens) {
      boolean isUsed = token.kind() != Kind.UNUSED;
      // As llama.cpp's own converter calls them.
      texts.add(isUsed ? token.text() : "[PAD%d]".formatted(texts.size()));
    }
    metadata.text(GgufVocabulary.MODEL, GgufVocabulary.NAME);
    metadata.text(GgufVocabulary.CUTTING, GgufVocabulary.GPT2_CUTTING);
    metadata.texts(GgufVocabulary.TOKENS, texts);
    metadata.numbers(
        GgufVocabulary.TYPES, tokens.stream().map(token -> type(token.kind())).toList());
    metadata.texts(GgufVocabulary.MERGES, contents.merges());
    metadata.flag("tokenizer.ggml.add_bos_token", false);
  }

  private static int type(Kind kind) {
    return switch (kind) {
      case ORDINARY -> GgufVocabulary.NORMAL;
      case SPECIAL -> GgufVocabulary.CONTROL;
      case ADDED -> GgufVocabulary.USER_DEFINED;
      case UNUSED -> GgufVocabulary.UNUSED;
    };
  }

  /** About how many bytes the file will have: those of its tensors. */
  public long bytes() {
    return entries.stream().mapToLong(entry -> GgufHeader.aligned(entry.bytes(), ALIGNMENT)).sum();
  }

  /** The type of each tensor in the file, by its Hugging Face's name. */
  public void forEachFormat(BiConsumer<String, WeightFormat> told) {
    entries.forEach(entry -> told.accept(entry.source(), entry.format()));
  }

  /**
   * Writes the file.
   *
   * @param progress is told how many bytes are written
   */
  public void write(OutputStream stream, LongConsumer progress) throws IOException {
    RowWriter out = new RowWriter(stream, progress);
    out.intNumber(GgufHeader.MAGIC);
    out.intNumber(VERSION);
    out.longNumber(entries.size());
    out.longNumber(metadata.values.size());
    for (Metadata.Value value : metadata.values) {
      value.write(out);
    }
    long offset = 0;
    for (Entry entry : entries) {
      out.text(entry.name());
      boolean isVector = model.tensor(entry.source()).shape().rank() == 1;
      out.intNumber(isVector ? 1 : 2);
      out.longNumber(entry.width()); // sizes go from the innermost outwards
      if (!isVector) {
        out.longNumber(entry.rows());
      }
      out.intNumber(entry.type().id());
      out.longNumber(offset);
      offset += GgufHeader.aligned(entry.bytes(), ALIGNMENT);
    }
    out.align(ALIGNMENT);
    for (Entry entry : entries) {
      ModelWeights.Rows rows = model.rows(entry.source());
      float[] row = new float[rows.width()];
      for (int i = 0; i < rows.count(); i++) {
        rows.read(i, row);
        out.row(row, entry.format());
      }
      out.align(ALIGNMENT);
    }
    out.flush();
  }
}
