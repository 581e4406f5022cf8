package gpt2j.model.gpt2.safetensors;

import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.RoundedDoubles;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.StoredTensor.Values;
import gpt2j.model.gpt2.format.WeightFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An open safetensors file. Its tensors are read when they are needed, by any number of threads,
 * until it is closed.
 */
public final class SafetensorsFile implements WeightFile {
  private final Bytes bytes;
  private final SafetensorsHeader header;
  private final @Nullable PositionedFile file;

  private SafetensorsFile(Bytes bytes, SafetensorsHeader header, @Nullable PositionedFile file) {
    this.bytes = bytes;
    this.header = header;
    this.file = file;
  }

  /** Where the bytes of a file come from. */
  @FunctionalInterface
  interface Bytes {
    /** Copies as many as there is room for. */
    void read(long position, MemorySegment to) throws IOException;
  }

  /**
   * Opens a file and checks its header.
   *
   * @param label what to call the file in messages
   * @throws SafetensorsException when the file is not a proper safetensors file
   * @throws IOException when it can't be read; the message is to follow "FILE: "
   */
  public static SafetensorsFile open(Path path, String label) throws IOException {
    PositionedFile file = PositionedFile.open(path);
    try {
      SafetensorsHeader header = SafetensorsHeader.parse(label, file::read, file.size());
      return new SafetensorsFile(file::read, header, file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Reads a file into memory, and checks its header.
   *
   * @param label what to call the file in messages
   * @throws SafetensorsException when it is not a proper safetensors file
   * @throws IOException when it can't be read
   */
  public static SafetensorsFile read(InputStream in, String label) throws IOException {
    MemorySegment content = MemorySegment.ofArray(in.readAllBytes());
    Bytes bytes = (position, to) -> MemorySegment.copy(content, position, to, 0, to.byteSize());
    SafetensorsHeader header = SafetensorsHeader.parse(label, bytes, content.byteSize());
    return new SafetensorsFile(bytes, header, null);
  }

  /** The tensors by name, in the order of the header. */
  public Map<String, TensorEntry> tensors() {
    return header.tensors();
  }

  /** The header's free text by name. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * A tensor, whose values are read from the file each time they are asked for; F64 as the nearest
   * float32.
   *
   * @param name what to call the tensor from now on
   * @param failure makes what is thrown when values can't be read; the exception's message is to
   *     follow "FILE: "
   * @throws NoSuchElementException when the entry has a type or a shape that can't be read
   */
  public HostTensor read(
      TensorEntry entry,
      String name,
      Function<? super IOException, ? extends RuntimeException> failure) {
    return stored(entry).read(name, failure);
  }

  @Override
  public List<StoredTensor> stored() {
    return header.tensors().values().stream().map(this::stored).toList();
  }

  private StoredTensor stored(TensorEntry entry) {
    long begin = header.dataOffset() + entry.begin();
    Values own = (from, to) -> bytes.read(begin + from, to);
    boolean isRounded = entry.type() == StoredType.F64;
    return new StoredTensor(
        entry.name(),
        entry.type().name(),
        entry.type().dataType(),
        isRounded,
        entry.sizes(),
        entry.bytes(),
        isRounded ? new RoundedDoubles(entry.name(), own) : own);
  }

  /**
   * Returns unless the file was written to since it was opened.
   *
   * @throws IOException when it was; the message is to follow "FILE: "
   */
  @Override
  public void requireUnchanged() throws IOException {
    if (file != null) {
      file.requireUnchanged();
    }
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
