package gpt2j.backend.cpu.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Native memory by address, as the kernels see it: scalars and vectors. One segment spans the whole
 * address space, so that an access costs no more than in C; who calls a kernel answers for the
 * bounds, as {@link gpt2j.backend.cpu.CpuOperations} does with a {@link gpt2j.spi.CheckedBackend}
 * before it.
 */
public final class Memory {
  /** The processor's vectors; where the JVM has none, small ones of its own making. */
  private static final VectorShape SHAPE =
      VectorShape.preferredShape().vectorBitSize() < 128
          ? VectorShape.S_128_BIT
          : VectorShape.preferredShape();

  public static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);
  public static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);

  public static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, SHAPE);
  private static final VectorSpecies<Float> HALF_FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

  /** Elements of one vector. */
  public static final int LANES = FLOATS.length();

  /** Bytes of one vector. */
  public static final int VECTOR = FLOATS.vectorByteSize();

  @SuppressWarnings("restricted") // this is the point of it
  public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  public static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private static final FloatVector ZERO = FloatVector.zero(FLOATS);
  private static final VectorShuffle<Float> SWAP_1 = swap(1);
  private static final VectorShuffle<Float> SWAP_2 = swap(2);
  private static final VectorShuffle<Float> SWAP_4 = swap(4);
  private static final VectorShuffle<Float> SWAP_8 = swap(8);

  private Memory() {}

  public static float get(long address) {
    return ALL.get(FLOAT, address);
  }

  public static void set(long address, float value) {
    ALL.set(FLOAT, address, value);
  }

  public static double getDouble(long address) {
    return ALL.get(DOUBLE, address);
  }

  public static void setDouble(long address, double value) {
    ALL.set(DOUBLE, address, value);
  }

  public static int getInt(long address) {
    return ALL.get(INT, address);
  }

  public static void setInt(long address, int value) {
    ALL.set(INT, address, value);
  }

  public static short getShort(long address) {
    return ALL.get(SHORT, address);
  }

  public static void setShort(long address, short value) {
    ALL.set(SHORT, address, value);
  }

  public static byte getByte(long address) {
    return ALL.get(ValueLayout.JAVA_BYTE, address);
  }

  public static void setByte(long address, byte value) {
    ALL.set(ValueLayout.JAVA_BYTE, address, value);
  }

  public static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(FLOATS, ALL, address, ORDER);
  }

  public static FloatVector load(long address, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, ALL, address, ORDER, mask);
  }

  public static IntVector loadInts(long address) {
    return IntVector.fromMemorySegment(INTS, ALL, address, ORDER);
  }

  public static ByteVector loadBytes(VectorSpecies<Byte> species, long address) {
    return ByteVector.fromMemorySegment(species, ALL, address, ORDER);
  }

  /** A vector with the number at {@code address} in every lane. */
  public static FloatVector broadcast(long address) {
    return FloatVector.broadcast(FLOATS, get(address));
  }

  public static void store(FloatVector vector, long address) {
    vector.intoMemorySegment(ALL, address, ORDER);
  }

  public static void store(FloatVector vector, long address, VectorMask<Float> mask) {
    vector.intoMemorySegment(ALL, address, ORDER, mask);
  }

  /** One after the other. */
  public static void store(FloatVector a, FloatVector b, long address) {
    store(a, address);
    store(b, address + VECTOR);
  }

  /** One after the other. */
  public static void store(FloatVector a, FloatVector b, FloatVector c, long address) {
    store(a, address);
    store(b, address + VECTOR);
    store(c, address + 2L * VECTOR);
  }

  /** One after the other. */
  public static void store(
      FloatVector a, FloatVector b, FloatVector c, FloatVector d, long address) {
    store(a, address);
    store(b, address + VECTOR);
    store(c, address + 2L * VECTOR);
    store(d, address + 3L * VECTOR);
  }

  /** Adds to the first {@code count} numbers of a vector in memory. */
  public static void addTo(long address, FloatVector vector, int count) {
    FloatVector sum = load(address).add(vector);
    if (count >= LANES) {
      store(sum, address);
    } else {
      store(sum, address, first(count));
    }
  }

  /** Adds {@code a·factor} to a vector in memory, where {@code a} is, too. */
  public static void addProduct(long address, long a, FloatVector factor) {
    store(load(a).fma(factor, load(address)), address);
  }

  public static void store(LongVector vector, long address) {
    vector.intoMemorySegment(ALL, address, ORDER);
  }

  public static void store(DoubleVector vector, long address) {
    vector.intoMemorySegment(ALL, address, ORDER);
  }

  /** As many numbers as a vector of float64 has, widened to it. */
  public static DoubleVector loadWidened(long address) {
    return (DoubleVector)
        FloatVector.fromMemorySegment(HALF_FLOATS, ALL, address, ORDER)
            .convertShape(VectorOperators.F2D, DOUBLES, 0);
  }

  /** The first {@code count} lanes, for the end of a row. */
  public static VectorMask<Float> first(int count) {
    return FLOATS.indexInRange(0, count);
  }

  /**
   * The sum of all lanes, always added up in the same order. {@code reduceLanes} leaves the order
   * open, and takes another one before a method is compiled than after.
   */
  public static float sum(FloatVector vector) {
    FloatVector sum = vector;
    if (LANES > 8) {
      sum = sum.add(sum.rearrange(SWAP_8));
    }
    if (LANES > 4) {
      sum = sum.add(sum.rearrange(SWAP_4));
    }
    if (LANES > 2) {
      sum = sum.add(sum.rearrange(SWAP_2));
    }
    return sum.add(sum.rearrange(SWAP_1)).lane(0);
  }

  /** The sum of a vector in memory, always added up in the same order. */
  public static float sum(long address) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int lane = 0; lane < LANES; lane += 4) {
      long at = address + (long) lane * Float.BYTES;
      a += get(at);
      b += get(at + Float.BYTES);
      c += get(at + 2 * Float.BYTES);
      d += get(at + 3 * Float.BYTES);
    }
    return (a + b) + (c + d);
  }

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) % LANES);
  }

  public static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  public static void copy(float[] from, int offset, long to, int count) {
    MemorySegment.copy(from, offset, ALL, FLOAT, to, count);
  }

  /** Zeros to {@code bytes} bytes, a multiple of four. Without the slice that a fill would need. */
  public static void clear(long address, long bytes) {
    FloatVector zero = FloatVector.zero(FLOATS);
    long whole = bytes - bytes % VECTOR;
    for (long at = 0; at < whole; at += VECTOR) {
      store(zero, address + at);
    }
    for (long at = whole; at < bytes; at += Float.BYTES) {
      set(address + at, 0);
    }
  }

  /** The {@code bytes} bytes at {@code address}. */
  public static MemorySegment segment(long address, long bytes) {
    return ALL.asSlice(address, bytes);
  }

  /** Sets a short row of whole vectors to zero, faster than {@link #clear}. */
  public static void clearRow(long address, int count) {
    for (int i = 0; i < count; i += LANES) {
      store(ZERO, address + (long) i * Float.BYTES);
    }
  }

  /** Copies a short row of numbers, faster than {@link #copy}. */
  public static void copyRow(long from, long to, int count) {
    int whole = count - count % LANES;
    for (int i = 0; i < whole; i += LANES) {
      long at = (long) i * Float.BYTES;
      store(load(from + at), to + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = first(count - whole);
      store(load(from + at, rest), to + at, rest);
    }
  }

  /** {@code count} rounded up to whole vectors. */
  public static int padded(int count) {
    return (count + LANES - 1) / LANES * LANES;
  }
}
