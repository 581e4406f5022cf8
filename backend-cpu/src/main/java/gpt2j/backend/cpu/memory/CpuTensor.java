package gpt2j.backend.cpu.memory;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.backend.cpu.nd4j.Nd4jProducts;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Dense row-major memory, or a view of some of its rows. */
public final class CpuTensor implements Tensor {
  private final Allocator.Region region;
  private final long offset;
  private final DataType type;
  private final Shape shape;
  private final boolean owner;
  private @Nullable INDArray array;

  public CpuTensor(Allocator.Region region, DataType type, Shape shape) {
    this(region, 0, type, shape, true);
  }

  private CpuTensor(
      Allocator.Region region, long offset, DataType type, Shape shape, boolean owner) {
    this.region = region;
    this.offset = offset;
    this.type = type;
    this.shape = shape;
    this.owner = owner;
  }

  /** The tensor as this backend's own. */
  public static CpuTensor of(Tensor tensor) {
    if (tensor instanceof CpuTensor own) {
      return own;
    }
    throw new IllegalArgumentException(
        "a tensor of another backend: " + tensor.getClass().getSimpleName());
  }

  /** Where the contents begin. */
  public static long address(Tensor tensor) {
    return of(tensor).address();
  }

  public long address() {
    return region.address() + offset;
  }

  /** The same matrix for ND4J; no copy. */
  public INDArray array(Nd4jProducts products) {
    if (array == null) {
      array = products.view(address(), shape.rows(), shape.size(1));
    }
    return array;
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
    return new CpuTensor(region, offset + skipped, type, shape.withRows(count), false);
  }

  @Override
  public void close() {
    if (owner) {
      region.close();
    }
  }
}
