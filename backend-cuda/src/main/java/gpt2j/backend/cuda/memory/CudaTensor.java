package gpt2j.backend.cuda.memory;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import java.util.Objects;

/** Dense row-major device memory, or a view of some of its rows. */
public final class CudaTensor implements Tensor {
  private final DeviceMemory.Region region;
  private final long offset;
  private final DataType type;
  private final Shape shape;
  private final boolean owner;

  public CudaTensor(DeviceMemory.Region region, DataType type, Shape shape) {
    this(region, 0, type, shape, true);
  }

  private CudaTensor(
      DeviceMemory.Region region, long offset, DataType type, Shape shape, boolean owner) {
    this.region = region;
    this.offset = offset;
    this.type = type;
    this.shape = shape;
    this.owner = owner;
  }

  /** The tensor as this backend's own. */
  public static CudaTensor of(Tensor tensor) {
    if (tensor instanceof CudaTensor own) {
      return own;
    }
    throw new IllegalArgumentException(
        "a tensor of another backend: " + tensor.getClass().getSimpleName());
  }

  /** Where the contents begin on the device. */
  public static long address(Tensor tensor) {
    return of(tensor).address();
  }

  public long address() {
    return region.address() + offset;
  }

  public DeviceMemory.Region region() {
    return region;
  }

  /** Where the contents begin in the region, in bytes. */
  public long offset() {
    return offset;
  }

  /** Whether both are handles of the very same numbers. */
  public boolean isSame(CudaTensor other) {
    return region == other.region && offset == other.offset && shape.equals(other.shape);
  }

  /** Whether they have a byte in common. */
  public boolean overlaps(CudaTensor other) {
    return region == other.region
        && offset < other.offset + other.bytes()
        && other.offset < offset + bytes();
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
  public Tensor rows(int first, int count) {
    Objects.checkFromIndexSize(first, count, shape.rows());
    long skipped = first * shape.rowElements() * type.bytes();
    return new CudaTensor(region, offset + skipped, type, shape.withRows(count), false);
  }

  @Override
  public void close() {
    if (owner) {
      region.close();
    }
  }
}
