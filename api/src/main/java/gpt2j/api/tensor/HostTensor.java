package gpt2j.api.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Read-only values on the host, row-major and little-endian: in memory, or somewhere from where
 * they are read part by part, usually a checkpoint's file.
 *
 * @param name what to call it in messages, usually the checkpoint's name
 * @param type how one element is stored
 * @param shape sizes, outermost first
 * @param source where its {@code shape.elements() * type.bytes()} bytes are
 */
public record HostTensor(String name, DataType type, Shape shape, Source source) {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PIECE = 1 << 16; // bytes that are widened at a time

  /** Where a tensor's bytes are. */
  @FunctionalInterface
  public interface Source {
    /**
     * Copies bytes from byte {@code from} of the tensor on, as many as there is room for; never
     * beyond its end. Any number of threads may call. What it throws goes through to whoever asked
     * for the values.
     */
    void read(long from, MemorySegment to);
  }

  private record Memory(MemorySegment data) implements Source {
    @Override
    public void read(long from, MemorySegment to) {
      MemorySegment.copy(data, from, to, 0, to.byteSize());
    }
  }

  public HostTensor {
    long expected = Math.multiplyExact(shape.elements(), type.bytes());
    if (source instanceof Memory(MemorySegment data) && data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "%s: %s %s needs %d bytes, not %d"
              .formatted(name, type, shape, expected, data.byteSize()));
    }
  }

  /** Values in memory: exactly {@code shape.elements() * type.bytes()} bytes of any alignment. */
  public HostTensor(String name, DataType type, Shape shape, MemorySegment data) {
    this(name, type, shape, new Memory(data));
  }

  /** A float32 tensor that holds a copy of {@code values}. */
  public static HostTensor of(String name, Shape shape, float... values) {
    byte[] bytes = new byte[Math.multiplyExact(values.length, Float.BYTES)];
    MemorySegment data = MemorySegment.ofArray(bytes);
    MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
    return new HostTensor(name, DataType.F32, shape, data.asReadOnly());
  }

  /** Size in bytes. */
  public long bytes() {
    return shape.elements() * type.bytes();
  }

  /**
   * Copies bytes from byte {@code from} on, as many as {@code to} has room for. Parts of some
   * hundred kilobytes are read fastest.
   */
  public void read(long from, MemorySegment to) {
    Objects.checkFromIndexSize(from, to.byteSize(), bytes());
    source.read(from, to);
  }

  /** The same values in memory: these, if they are there, else a copy that belongs to the arena. */
  public HostTensor inMemory(Arena arena) {
    if (source instanceof Memory) {
      return this;
    }
    MemorySegment data = arena.allocate(bytes(), Long.BYTES);
    read(0, data);
    return new HostTensor(name, type, shape, data);
  }

  /** All bytes; those of a tensor that isn't in memory are read anew each time. */
  public MemorySegment data() {
    return source instanceof Memory(MemorySegment data)
        ? data
        : inMemory(Arena.ofAuto()).data().asReadOnly();
  }

  /**
   * The element at {@code index} of the flattened tensor, widened to float32. Slow when it isn't in
   * memory.
   */
  public float get(long index) {
    if (source instanceof Memory(MemorySegment data)) {
      return value(data, index);
    }
    float[] value = new float[1];
    copyTo(index, value, 0, 1);
    return value[0];
  }

  private float value(MemorySegment data, long index) {
    return switch (type) {
      case F32 -> data.get(FLOAT, index * Float.BYTES);
      case F16 -> Float.float16ToFloat(data.get(SHORT, index * Short.BYTES));
      case BF16 -> BFloat16.toFloat(data.get(SHORT, index * Short.BYTES));
      case I32 -> data.get(INT, index * Integer.BYTES);
    };
  }

  /**
   * Widens elements {@code from … from + count - 1} of the flattened tensor to float32 and stores
   * them in {@code to} from {@code offset} on.
   */
  public void copyTo(long from, float[] to, int offset, int count) {
    Objects.checkFromIndexSize(offset, count, to.length);
    if (source instanceof Memory(MemorySegment data)) {
      widen(data, from, to, offset, count);
      return;
    }
    int piece = Math.min(count, PIECE / type.bytes());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment room = arena.allocate((long) piece * type.bytes(), Long.BYTES);
      for (int done = 0; done < count; done += piece) {
        int part = Math.min(piece, count - done);
        MemorySegment data = room.asSlice(0, (long) part * type.bytes());
        read((from + done) * type.bytes(), data);
        widen(data, 0, to, offset + done, part);
      }
    }
  }

  private void widen(MemorySegment data, long from, float[] to, int offset, int count) {
    if (type == DataType.F32) {
      MemorySegment.copy(data, FLOAT, from * Float.BYTES, to, offset, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      to[offset + i] = value(data, from + i);
    }
  }
}
