package gpt2j.model.gpt2.gguf;

import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.RoundedDoubles;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.StoredTensor.Values;
import gpt2j.model.gpt2.format.Transposer;
import gpt2j.model.gpt2.gguf.GgufParts.Part;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A GPT-2 in a GGUF file, or in several that are its parts. Quantised tensors are read as the
 * float32 numbers that their blocks stand for; matrices of linear layers are turned round.
 */
public final class GgufFile implements ModelFile {
  /** The first four bytes of a file. */
  public static final int MAGIC = GgufHeader.MAGIC;

  private final GgufParts parts;
  private final Gpt2Config config;
  private final Transposer transposer = new Transposer();
  private final List<StoredTensor> stored = new ArrayList<>();

  private GgufFile(GgufParts parts) {
    this.parts = parts;
    for (Part part : parts.parts()) {
      part.header().tensors().forEach(tensor -> stored.add(stored(part, tensor)));
    }
    config = new GgufConfig(parts.first().metadata()).read(rows());
  }

  /**
   * Opens a file and checks its header; of one that is a part of several, all of them.
   *
   * @throws FormatException when it isn't a GGUF file, or none of a GPT-2, or a part is missing or
   *     belongs elsewhere
   * @throws IOException when it can't be read
   */
  public static GgufFile open(Path path) throws IOException {
    GgufParts parts = GgufParts.open(path);
    try {
      return new GgufFile(parts);
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  private long rows() {
    return parts.parts().stream()
        .flatMap(part -> part.header().tensors().stream())
        .filter(tensor -> tensor.name().equals("token_embd.weight"))
        .map(tensor -> tensor.sizes().getFirst())
        .findFirst()
        .orElseThrow(() -> new FormatException("tensor token_embd.weight is missing"));
  }

  private StoredTensor stored(Part part, GgufTensor tensor) {
    long begin = part.header().dataOffset() + tensor.offset();
    GgmlType type = tensor.type();
    Values own = (from, to) -> part.file().read(begin + from, to);
    Values values =
        type.decoder()
            .<Values>map(decoder -> new BlockValues(own, type, decoder))
            .orElse(type == GgmlType.F64 ? new RoundedDoubles(tensor.name(), own) : own);
    Optional<String> name = GgufNames.fromFile(tensor.name());
    List<Long> sizes = tensor.sizes();
    Optional<DataType> dataType = type.dataType();
    boolean isTurned =
        name.isPresent()
            && GgufNames.isTurned(name.get())
            && dataType.isPresent()
            && sizes.size() == 2
            && StoredTensor.shape(sizes).isPresent();
    if (isTurned) {
      int outputs = sizes.get(0).intValue();
      int inputs = sizes.get(1).intValue();
      values = transposer.turned(values, outputs, inputs, dataType.get().bytes());
      sizes = sizes.reversed();
    }
    return new StoredTensor(
        name.orElse(tensor.name()),
        type.name(),
        dataType,
        type == GgmlType.F64,
        sizes,
        tensor.bytes(),
        values);
  }

  @Override
  public List<StoredTensor> stored() {
    return Collections.unmodifiableList(stored);
  }

  @Override
  public String format() {
    int count = parts.parts().size();
    return "GGUF " + parts.first().version() + (count == 1 ? "" : ", %d parts".formatted(count));
  }

  @Override
  public String settings() {
    return "its header";
  }

  @Override
  public String types() {
    return "F32, F16, BF16, F64, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 or Q2_K to Q8_K";
  }

  @Override
  public Gpt2Config config() {
    return config;
  }

  @Override
  public Optional<Tokenizer> tokenizer() {
    return new GgufVocabulary(parts.first().metadata()).read();
  }

  @Override
  public void requireUnchanged() throws IOException {
    for (Part part : parts.parts()) {
      part.file().requireUnchanged();
    }
  }

  @Override
  public void close() {
    parts.close();
  }
}
