package gpt2j.testkit;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A tensor in a byte array, little-endian as for the host. Operations go through whole rows. */
final class ReferenceTensor extends ReferenceHandle implements Tensor {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Every floating-point number made of these bytes is NaN. */
  private static final byte FLOAT_POISON = (byte) 0xFF;

  /** The integer made of these bytes is far below 0 and stays so when counted up. */
  private static final byte INT_POISON = (byte) 0x80;

  private final DataType type;
  private final Shape shape;
  private final MemorySegment memory;

  private ReferenceTensor(ReferenceMemory home, DataType type, Shape shape, Usage usage) {
    super(home, "a tensor " + shape, usage, Math.multiplyExact(shape.elements(), type.bytes()));
    this.type = type;
    this.shape = shape;
    memory = MemorySegment.ofArray(new byte[Math.toIntExact(super.bytes())]);
  }

  private ReferenceTensor(ReferenceTensor owner, Shape shape, MemorySegment memory) {
    super(owner.home(), "a view " + shape, Usage.ACTIVATION, 0);
    this.type = owner.type;
    this.shape = shape;
    this.memory = memory;
  }

  static ReferenceTensor allocate(ReferenceMemory home, DataType type, Shape shape, Usage usage) {
    ReferenceTensor tensor = new ReferenceTensor(home, type, shape, usage);
    tensor.memory.fill(type == DataType.I32 ? INT_POISON : FLOAT_POISON);
    return tensor;
  }

  @Override
  public DataType type() {
    return type;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public long bytes() {
    return memory().byteSize();
  }

  MemorySegment memory() {
    return memory;
  }

  @Override
  public ReferenceTensor rows(int first, int count) {
    if (first < 0 || count < 1 || count > shape.rows() - first) {
      throw new IndexOutOfBoundsException(
          "rows %d to %d are not all inside %s".formatted(first, first + (long) count - 1, shape));
    }
    long rowBytes = bytes() / shape.rows();
    return new ReferenceTensor(
        this, shape.withRows(count), memory.asSlice(first * rowBytes, count * rowBytes));
  }

  boolean overlaps(ReferenceTensor other) {
    return memory.asOverlappingSlice(other.memory).isPresent();
  }

  boolean coincides(ReferenceTensor other) {
    return memory.equals(other.memory);
  }

  /** A copy of a row of float32. */
  float[] row(int row) {
    return floats(row * shape.rowElements(), Math.toIntExact(shape.rowElements()));
  }

  /** A copy of all float32. */
  float[] floats() {
    return floats(0, Math.toIntExact(shape.elements()));
  }

  private float[] floats(long from, int count) {
    float[] values = new float[count];
    MemorySegment.copy(memory, FLOAT, from * Float.BYTES, values, 0, count);
    return values;
  }

  /** A copy of all float32, widened. */
  double[] doubles() {
    double[] values = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = memory.get(FLOAT, (long) i * Float.BYTES);
    }
    return values;
  }

  /** Stores all values, rounded to float32. */
  void set(double[] values) {
    for (int i = 0; i < values.length; i++) {
      memory.set(FLOAT, (long) i * Float.BYTES, (float) values[i]);
    }
  }

  /** Adds to all values; the sums are rounded to float32 once. */
  void add(double[] values) {
    for (int i = 0; i < values.length; i++) {
      long offset = (long) i * Float.BYTES;
      memory.set(FLOAT, offset, (float) (memory.get(FLOAT, offset) + values[i]));
    }
  }

  void setRow(int row, float[] values) {
    long offset = row * shape.rowElements() * Float.BYTES;
    MemorySegment.copy(values, 0, memory, FLOAT, offset, values.length);
  }

  /** Stores what shows that a row's result is undefined. */
  void setRowUndefined(int row) {
    float[] values = new float[Math.toIntExact(shape.rowElements())];
    Arrays.fill(values, Float.NaN);
    setRow(row, values);
  }

  /** A copy of all integers. */
  int[] ints() {
    int[] values = new int[Math.toIntExact(shape.elements())];
    MemorySegment.copy(memory, INT, 0, values, 0, values.length);
    return values;
  }

  void setInts(int[] values) {
    MemorySegment.copy(values, 0, memory, INT, 0, values.length);
  }
}
