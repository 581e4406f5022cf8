package gpt2j.backend.cuda.training;

import gpt2j.backend.cuda.gemm.Gemm;
import gpt2j.backend.cuda.gemm.PlainProduct;
import gpt2j.backend.cuda.gemm.PlainProduct.Form;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.memory.CudaTensor;
import org.jspecify.annotations.Nullable;

/** What training multiplies by matrices of parameters. */
final class TrainingProducts {
  private final Gemm gemm;
  private final ColumnSums columnSums;

  /**
   * Products in the stream of {@code runtime}.
   *
   * @param gemm makes them
   */
  TrainingProducts(CudaRuntime runtime, Gemm gemm) {
    this.gemm = gemm;
    columnSums = new ColumnSums(runtime);
  }

  /** See {@link gpt2j.api.training.TrainingOperations#linear}. */
  void linear(CudaTensor out, CudaTensor x, CudaTensor weight, @Nullable CudaTensor bias) {
    // [n, outputs] = [n, inputs]·[inputs, outputs]
    multiply(Form.STORED, out, x, weight, bias, width(x));
  }

  /** See {@link gpt2j.api.training.TrainingOperations#linearBackward}. */
  void linearBackward(
      CudaTensor xGradient,
      CudaTensor weightGradient,
      @Nullable CudaTensor biasGradient,
      CudaTensor outGradient,
      CudaTensor x,
      CudaTensor weight) {
    int n = outGradient.shape().rows();
    int outputs = width(outGradient);
    // [n, inputs] = [n, outputs]·[inputs, outputs]ᵀ
    multiply(Form.TRANSPOSED, xGradient, outGradient, weight, null, outputs);
    // [inputs, outputs] += [n, inputs]ᵀ·[n, outputs]
    multiply(Form.ADDED, weightGradient, x, outGradient, null, n);
    if (biasGradient != null) {
      columnSums.add(biasGradient.address(), outGradient.address(), n, outputs);
    }
  }

  /** See {@link gpt2j.api.training.TrainingOperations#logits}. */
  void logits(CudaTensor out, CudaTensor x, CudaTensor wte) {
    // [n, V] = [n, C]·[V, C]ᵀ
    multiply(Form.TRANSPOSED, out, x, wte, null, width(x));
  }

  /** See {@link gpt2j.api.training.TrainingOperations#logitsBackward}. */
  void logitsBackward(
      CudaTensor xGradient,
      CudaTensor wteGradient,
      CudaTensor outGradient,
      CudaTensor x,
      CudaTensor wte) {
    // [n, C] = [n, V]·[V, C]
    multiply(Form.STORED, xGradient, outGradient, wte, null, width(outGradient));
    // [V, C] += [n, V]ᵀ·[n, C]
    multiply(Form.ADDED, wteGradient, outGradient, x, null, x.shape().rows());
  }

  private void multiply(
      Form form, CudaTensor out, CudaTensor a, CudaTensor b, @Nullable CudaTensor bias, int depth) {
    gemm.multiply(
        new PlainProduct(
            form,
            out.address(),
            a.address(),
            b.address(),
            bias == null ? 0 : bias.address(),
            out.shape().rows(),
            width(out),
            depth));
  }

  private static int width(CudaTensor matrix) {
    return matrix.shape().size(1);
  }
}
