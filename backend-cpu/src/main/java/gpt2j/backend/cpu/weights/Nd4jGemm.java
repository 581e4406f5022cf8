package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.nd4j.Nd4jProducts;
import gpt2j.backend.cpu.nd4j.Nd4jProducts.Form;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The product of many rows with one float32 matrix, by ND4J. Preparing a call costs ND4J some
 * microseconds, so the last one is kept: a session calls with the same tensors again and again.
 */
final class Nd4jGemm {
  private final CpuRuntime runtime;
  private Nd4jProducts.@Nullable Product last;

  Nd4jGemm(CpuRuntime runtime) {
    this.runtime = runtime;
  }

  /**
   * {@code out = epilogue(x·matrix)}, row by row, or {@code x·matrixᵀ} if it is {@code transposed}.
   */
  void run(
      CpuTensor out, CpuTensor x, INDArray matrix, boolean transposed, FusedEpilogue epilogue) {
    int rows = out.shape().rows();
    int columns = out.shape().size(1);
    CpuTensor sums = epilogue.readsOut() ? runtime.sums().matrix(rows, columns) : out;
    Nd4jProducts nd4j = runtime.products();
    INDArray to = sums.array(nd4j);
    INDArray from = x.array(nd4j);
    Nd4jProducts.Product product = last;
    if (product == null || !product.isOf(to, from, matrix)) {
      product = nd4j.product(to, from, matrix, transposed ? Form.TRANSPOSED : Form.PLAIN);
      last = product;
    }
    product.run();
    if (!epilogue.isNothing()) {
      long target = out.address();
      long source = sums.address();
      long rowBytes = (long) columns * Float.BYTES;
      runtime
          .pool()
          .forEach(
              rows,
              (row, worker) ->
                  epilogue.apply(target + row * rowBytes, source + row * rowBytes, 0, columns));
    }
  }
}
