package gpt2j.api;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Read-only values on the host, row-major and little-endian, usually a range of a memory-mapped
 * checkpoint.
 *
 * @param name what to call it in messages, usually the checkpoint's name
 * @param type how one element is stored
 * @param shape sizes, outermost first
 * @param data exactly {@code shape.elements() * type.bytes()} bytes, of any alignment
 */
public record HostTensor(String name, DataType type, Shape shape, MemorySegment data) {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public HostTensor {
    long expected = Math.multiplyExact(shape.elements(), type.bytes());
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          name
              + ": "
              + type
              + " "
              + shape
              + " needs "
              + expected
              + " bytes, not "
              + data.byteSize());
    }
  }

  /** A float32 tensor that holds a copy of {@code values}. */
  public static HostTensor of(String name, Shape shape, float... values) {
    byte[] bytes = new byte[Math.multiplyExact(values.length, Float.BYTES)];
    MemorySegment data = MemorySegment.ofArray(bytes);
    MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
    return new HostTensor(name, DataType.F32, shape, data.asReadOnly());
  }

  /** The element at {@code index} of the flattened tensor, widened to float32. */
  public float get(long index) {
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
    if (type == DataType.F32) {
      MemorySegment.copy(data, FLOAT, from * Float.BYTES, to, offset, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      to[offset + i] = get(from + i);
    }
  }
}
