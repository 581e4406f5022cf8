package gpt2j.bench.baselines;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a checkpoint as a file of llama.cpp: GGUF version 3, <a
 * href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">docs/gguf.md</a>, architecture
 * {@code gpt2}. There is no vocabulary in it, since prompts are given as tokens. Vectors and
 * positions stay float32, as in the files that llama.cpp's own converter makes.
 */
final class GgufFile {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int BUFFER = 1 << 20;

  // Types of values, and of tensors.
  private static final int UINT32 = 4;
  private static final int FLOAT32 = 6;
  private static final int STRING = 8;
  private static final int GGML_F32 = 0;
  private static final int GGML_F16 = 1;
  private static final int GGML_BF16 = 30;

  /** A tensor's name in the file, and where it comes from. */
  private record Entry(String name, HostTensor tensor, boolean transposed, DataType type) {
    int rows() {
      return tensor.shape().rank() == 1 ? 1 : tensor.shape().size(transposed ? 1 : 0);
    }

    int columns() {
      return Math.toIntExact(tensor.shape().elements() / rows());
    }

    long bytes() {
      return tensor.shape().elements() * type.bytes();
    }
  }

  private final Gpt2Config config;
  private final DataType type;
  private final List<Entry> entries = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private final WritableByteChannel out;
  private long written;

  private GgufFile(Checkpoint checkpoint, DataType type, WritableByteChannel out) {
    config = checkpoint.config();
    this.type = type;
    this.out = out;
    vector(checkpoint, "output_norm.weight", "ln_f.weight");
    vector(checkpoint, "output_norm.bias", "ln_f.bias");
    vector(checkpoint, "position_embd.weight", "wpe.weight");
    matrix(checkpoint, "token_embd.weight", "wte.weight", false);
    matrix(
        checkpoint,
        "output.weight",
        checkpoint.hasTiedHead() ? "wte.weight" : "lm_head.weight",
        false);
    for (int i = 0; i < config.layers(); i++) {
      for (String[] part :
          new String[][] {
            {"attn_norm", "ln_1"}, {"ffn_norm", "ln_2"},
          }) {
        vector(checkpoint, name(i, part[0], "weight"), source(i, part[1], "weight"));
        vector(checkpoint, name(i, part[0], "bias"), source(i, part[1], "bias"));
      }
      for (String[] part :
          new String[][] {
            {"attn_qkv", "attn.c_attn"},
            {"attn_output", "attn.c_proj"},
            {"ffn_up", "mlp.c_fc"},
            {"ffn_down", "mlp.c_proj"},
          }) {
        matrix(checkpoint, name(i, part[0], "weight"), source(i, part[1], "weight"), true);
        vector(checkpoint, name(i, part[0], "bias"), source(i, part[1], "bias"));
      }
    }
  }

  private static String name(int layer, String part, String kind) {
    return "blk.%d.%s.%s".formatted(layer, part, kind);
  }

  private static String source(int layer, String part, String kind) {
    return "h.%d.%s.%s".formatted(layer, part, kind);
  }

  private void vector(Checkpoint checkpoint, String name, String source) {
    entries.add(new Entry(name, checkpoint.tensor(source), false, DataType.F32));
  }

  private void matrix(Checkpoint checkpoint, String name, String source, boolean transposed) {
    entries.add(new Entry(name, checkpoint.tensor(source), transposed, type));
  }

  /**
   * Writes the file.
   *
   * @throws ProgramException when llama.cpp's GPT-2 can't be what the checkpoint's configuration
   *     says
   */
  static void write(Checkpoint checkpoint, DataType type, Path file)
      throws IOException, ProgramException {
    Gpt2Config config = checkpoint.config();
    if (config.activation() != GeluForm.TANH
        || !config.scaleAttention()
        || config.scaleByInverseLayer()) {
      throw ProgramException.gone(
          "its GPT-2 has neither other activations than gelu_new nor other scales of attention");
    }
    try (OutputStream stream = Files.newOutputStream(file);
        WritableByteChannel channel = Channels.newChannel(stream)) {
      new GgufFile(checkpoint, type, channel).write();
    }
  }

  private void write() throws IOException {
    buffer.put("GGUF".getBytes(StandardCharsets.US_ASCII));
    number(VERSION);
    large(entries.size());
    values();
    long offset = 0;
    for (Entry entry : entries) {
      string(entry.name());
      // Sizes go from the innermost outwards.
      number(entry.tensor().shape().rank());
      large(entry.columns());
      if (entry.tensor().shape().rank() > 1) {
        large(entry.rows());
      }
      number(type(entry.type()));
      large(offset);
      offset += aligned(entry.bytes());
    }
    for (Entry entry : entries) {
      align();
      data(entry);
    }
    align();
    flush();
  }

  private void values() throws IOException {
    large(10);
    value("general.architecture", "gpt2");
    value("general.file_type", fileType());
    value("tokenizer.ggml.model", "no_vocab");
    value("gpt2.vocab_size", config.vocabularySize());
    value("gpt2.context_length", config.contextLength());
    value("gpt2.embedding_length", config.embeddingWidth());
    value("gpt2.block_count", config.layers());
    value("gpt2.feed_forward_length", config.innerWidth());
    value("gpt2.attention.head_count", config.heads());
    string("gpt2.attention.layer_norm_epsilon");
    number(FLOAT32);
    number(Float.floatToRawIntBits(config.layerNormEpsilon()));
  }

  private static int type(DataType type) {
    return switch (type) {
      case F32 -> GGML_F32;
      case F16 -> GGML_F16;
      case BF16 -> GGML_BF16;
      case I32 -> throw new IllegalArgumentException("no weights are I32");
    };
  }

  /** What most tensors are, for people: {@code LLAMA_FTYPE}. */
  private int fileType() {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case BF16 -> 32;
      case I32 -> throw new IllegalArgumentException("no weights are I32");
    };
  }

  private void value(String key, String value) throws IOException {
    string(key);
    number(STRING);
    string(value);
  }

  private void value(String key, int value) throws IOException {
    string(key);
    number(UINT32);
    number(value);
  }

  private void string(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    large(bytes.length);
    room(bytes.length);
    buffer.put(bytes);
  }

  private void number(int value) throws IOException {
    room(Integer.BYTES);
    buffer.putInt(value);
  }

  private void large(long value) throws IOException {
    room(Long.BYTES);
    buffer.putLong(value);
  }

  /** Row by row; a transposed matrix is read whole, its row r being the source's column r. */
  private void data(Entry entry) throws IOException {
    int rows = entry.rows();
    int columns = entry.columns();
    float[] row = new float[columns];
    float[] whole = new float[entry.transposed() ? rows * columns : 0];
    entry.tensor().copyTo(0, whole, 0, whole.length); // [inputs, outputs]
    for (int r = 0; r < rows; r++) {
      if (entry.transposed()) {
        for (int c = 0; c < columns; c++) {
          row[c] = whole[c * rows + r];
        }
      } else {
        entry.tensor().copyTo((long) r * columns, row, 0, columns);
      }
      for (float value : row) {
        room(Float.BYTES);
        switch (entry.type()) {
          case F32 -> buffer.putFloat(value);
          case F16 -> buffer.putShort(Float.floatToFloat16(value));
          case BF16 -> buffer.putShort(BFloat16.of(value));
          case I32 -> throw new IllegalArgumentException("no weights are I32");
        }
      }
    }
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private void align() throws IOException {
    room(ALIGNMENT);
    while ((written + buffer.position()) % ALIGNMENT != 0) {
      buffer.put((byte) 0);
    }
  }

  private void room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
  }

  private void flush() throws IOException {
    buffer.flip();
    written += buffer.remaining();
    while (buffer.hasRemaining()) {
      out.write(buffer);
    }
    buffer.clear();
  }
}
