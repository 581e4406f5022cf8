package gpt2j.backend.cpu.weights;

import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.kernel.F32TableKernel;
import gpt2j.backend.cpu.kernel.VectorAdd;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A float32 table {@code [rows, width]}, one vector after another as in the checkpoint, so that
 * loading it is reading it. A few rows of x are multiplied by a {@link TableGemv}, more by ND4J.
 */
public final class F32Table implements CpuEmbeddingTable {
  /** From so many rows of x on ND4J is faster. */
  private static final int GEMM_ROWS = 24;

  private final CpuRuntime runtime;
  private final Allocator.Region region;
  private final TableGemv gemv;
  private final Nd4jGemm gemm;
  private final int rows;
  private final int width;
  private @Nullable INDArray array;

  public F32Table(CpuRuntime runtime, HostTensor source) {
    this.runtime = runtime;
    gemm = new Nd4jGemm(runtime);
    rows = source.shape().rows();
    width = source.shape().size(1);
    region = runtime.allocator().allocate(source.name(), bytes(), Usage.WEIGHTS);
    region.fill(() -> HostCopy.widened(runtime.pool(), source, region.address()));
    gemv = new TableGemv(runtime, new F32TableKernel(width), region.address(), rows, rowBytes());
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public long bytes() {
    return rows * rowBytes();
  }

  @Override
  public void multiply(CpuTensor out, CpuTensor x) {
    // What one vector of x gives by a TableGemv doesn't depend on how many there are.
    if (x.shape().rows() < GEMM_ROWS || runtime.isBatchInvariant()) {
      int count = x.shape().rows();
      long scratch = runtime.scratch().bytes(gemv.scratchBytes(count));
      gemv.run(out.address(), x.address(), count, rowBytes(), scratch);
    } else {
      gemm.run(out, x, array(), true, FusedEpilogue.NOTHING);
    }
  }

  private long rowBytes() {
    return (long) width * Float.BYTES;
  }

  private long vector(int row) {
    return region.address() + row * rowBytes();
  }

  private INDArray array() {
    if (array == null) {
      array = runtime.products().view(region.address(), rows, width);
    }
    return array;
  }

  @Override
  public void vector(int index, long to, boolean add) {
    long vector = vector(Math.clamp(index, 0, rows - 1));
    if (add) {
      VectorAdd.add(to, to, vector, width);
    } else {
      Memory.copy(vector, to, rowBytes());
    }
  }

  @Override
  public void close() {
    region.close();
  }
}
