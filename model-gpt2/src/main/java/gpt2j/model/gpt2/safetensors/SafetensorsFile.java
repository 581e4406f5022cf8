package gpt2j.model.gpt2.safetensors;

import gpt2j.api.DataType;
import gpt2j.api.HostTensor;
import gpt2j.api.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * A memory-mapped safetensors file. Its tensors are ranges of the mapping and may be used, from any
 * thread, until it is closed. The file must not be cut while it is mapped.
 */
public final class SafetensorsFile implements AutoCloseable {
  private final Arena arena;
  private final MemorySegment bytes;
  private final SafetensorsHeader header;

  private SafetensorsFile(Arena arena, MemorySegment bytes, SafetensorsHeader header) {
    this.arena = arena;
    this.bytes = bytes;
    this.header = header;
  }

  /**
   * Maps a file and checks its header.
   *
   * @param label what to call the file in messages
   * @throws SafetensorsException when the file is not a proper safetensors file
   * @throws IOException when it can't be read
   */
  public static SafetensorsFile open(Path file, String label) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      return new SafetensorsFile(arena, bytes, SafetensorsHeader.parse(label, bytes));
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Reads a file that can't be mapped into memory, and checks its header.
   *
   * @param label what to call the file in messages
   * @throws SafetensorsException when it is not a proper safetensors file
   * @throws IOException when it can't be read
   */
  public static SafetensorsFile read(InputStream in, String label) throws IOException {
    byte[] content = in.readAllBytes();
    Arena arena = Arena.ofShared();
    try {
      MemorySegment bytes = arena.allocate(content.length, Long.BYTES);
      MemorySegment.copy(content, 0, bytes, ValueLayout.JAVA_BYTE, 0, content.length);
      return new SafetensorsFile(arena, bytes, SafetensorsHeader.parse(label, bytes));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
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
   * A tensor's values.
   *
   * @param name what to call the tensor from now on
   * @throws NoSuchElementException when the entry has a type or a shape that can't be read
   */
  public HostTensor read(TensorEntry entry, String name) {
    DataType type = entry.type().dataType().orElseThrow();
    Shape shape = entry.shape().orElseThrow();
    MemorySegment data = bytes.asSlice(header.dataOffset() + entry.begin(), entry.bytes());
    return new HostTensor(name, type, shape, data);
  }

  @Override
  public void close() {
    arena.close();
  }
}
