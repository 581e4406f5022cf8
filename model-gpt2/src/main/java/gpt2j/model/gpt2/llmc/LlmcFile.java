package gpt2j.model.gpt2.llmc;

import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FileCursor;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.ModelWeights;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.StoredTensor.Values;
import gpt2j.model.gpt2.format.Transposer;
import gpt2j.model.gpt2.llmc.LlmcLayout.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A checkpoint of llm.c: version 3 in float32, version 5 in bfloat16. GELU is by tanh, the head is
 * the embedding, and rows that pad the vocabulary are no part of it.
 */
public final class LlmcFile implements ModelFile {
  /** The first four bytes of a file. */
  public static final int MAGIC = LlmcLayout.MAGIC;

  private final PositionedFile file;
  private final Gpt2Config config;
  private final int version;
  private final List<StoredTensor> stored = new ArrayList<>();
  private final Transposer transposer = new Transposer();

  private LlmcFile(PositionedFile file) throws IOException {
    this.file = file;
    FileCursor in = new FileCursor(file);
    if (in.intNumber("llm.c's mark") != MAGIC) {
      throw new FormatException("is no checkpoint of llm.c");
    }
    version = in.intNumber("the version");
    if (version != LlmcLayout.VERSION_F32 && version != LlmcLayout.VERSION_BF16) {
      throw new FormatException(
          "is version %s of llm.c's checkpoints, only 3 (float32) and 5 (bfloat16) are read"
              .formatted(Integer.toUnsignedString(version)));
    }
    int context = size(in, "max_seq_len", Gpt2Config.MAX_CONTEXT_LENGTH);
    int vocabulary = size(in, "vocab_size", Gpt2Config.MAX_VOCABULARY_SIZE);
    int layers = size(in, "num_layers", Gpt2Config.MAX_LAYERS);
    int heads = size(in, "num_heads", Gpt2Config.MAX_EMBEDDING_WIDTH);
    int width = size(in, "channels", Gpt2Config.MAX_EMBEDDING_WIDTH);
    int padded = size(in, "padded_vocab_size", Gpt2Config.MAX_VOCABULARY_SIZE);
    if (padded < vocabulary) {
      throw new FormatException(
          "its header: padded_vocab_size is %d, less than vocab_size, %d"
              .formatted(padded, vocabulary));
    }
    try {
      config =
          Gpt2Config.builder()
              .contextLength(context)
              .vocabularySize(vocabulary)
              .layers(layers)
              .heads(heads)
              .embeddingWidth(width)
              .build();
    } catch (IllegalArgumentException e) {
      throw new FormatException("its header: " + e.getMessage());
    }
    place(LlmcLayout.of(config, padded));
  }

  /**
   * Opens a file and checks its header and its size.
   *
   * @throws FormatException when it isn't such a file
   * @throws IOException when it can't be read
   */
  public static LlmcFile open(Path path) throws IOException {
    PositionedFile file = PositionedFile.open(path);
    try {
      return new LlmcFile(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static int size(FileCursor in, String name, int max) throws IOException {
    int size = in.intNumber(name);
    if (size < 1 || size > max) {
      throw new FormatException(
          "its header: %s must be from 1 to %d, not %d".formatted(name, max, size));
    }
    return size;
  }

  private DataType type() {
    return version == LlmcLayout.VERSION_F32 ? DataType.F32 : DataType.BF16;
  }

  private void place(List<Part> parts) {
    long position = (long) LlmcLayout.HEADER_INTS * Integer.BYTES;
    for (Part part : parts) {
      stored.add(stored(part, position));
      position += (part.elements() + (long) part.padding() * part.columns()) * type().bytes();
    }
    if (position != file.size()) {
      throw new FormatException(
          "%s: by its header it would have %d bytes, but it has %d"
              .formatted(
                  position > file.size() ? "is cut off or damaged" : "is damaged",
                  position,
                  file.size()));
    }
  }

  private StoredTensor stored(Part part, long begin) {
    Values values = (from, to) -> file.read(begin + from, to);
    boolean isLinear = ModelWeights.isLinear(part.name());
    long rows = part.rows();
    long columns = part.columns();
    return new StoredTensor(
        part.name(),
        type().name(),
        Optional.of(type()),
        false,
        part.isVector()
            ? List.of(columns)
            : isLinear ? List.of(columns, rows) : List.of(rows, columns),
        part.elements() * type().bytes(),
        isLinear ? transposer.turned(values, part.rows(), part.columns(), type().bytes()) : values);
  }

  @Override
  public List<StoredTensor> stored() {
    return List.copyOf(stored);
  }

  @Override
  public String format() {
    return "llm.c " + version;
  }

  @Override
  public String settings() {
    return "its header";
  }

  @Override
  public Gpt2Config config() {
    return config;
  }

  @Override
  public void requireUnchanged() throws IOException {
    file.requireUnchanged();
  }

  @Override
  public void close() {
    file.close();
  }
}
