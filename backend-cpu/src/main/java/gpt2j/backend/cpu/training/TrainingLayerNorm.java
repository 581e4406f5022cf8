package gpt2j.backend.cpu.training;

import gpt2j.api.tensor.Tensor;
import gpt2j.backend.cpu.kernel.LayerNorm;
import gpt2j.backend.cpu.kernel.LayerNormBackwardKernels;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.simd.Memory;

/** Layer norm as training needs it; see {@link gpt2j.api.training.TrainingOperations#layerNorm}. */
final class TrainingLayerNorm {
  private final WorkSplitter work;

  TrainingLayerNorm(WorkSplitter work) {
    this.work = work;
  }

  void forward(
      Tensor out, Tensor mean, Tensor rstd, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    long to = CpuTensor.address(out);
    long means = CpuTensor.address(mean);
    long factors = CpuTensor.address(rstd);
    long from = CpuTensor.address(x);
    long gains = CpuTensor.address(gain);
    long biases = CpuTensor.address(bias);
    int width = x.shape().size(1);
    long rowBytes = (long) width * Float.BYTES;
    work.forRows(
        x,
        (row, worker) -> {
          long at = (long) row * Float.BYTES;
          LayerNorm.rowKeeping(
              to + row * rowBytes,
              means + at,
              factors + at,
              from + row * rowBytes,
              gains,
              biases,
              width,
              epsilon);
        });
  }

  void backward(
      Tensor xGradient,
      Tensor gainGradient,
      Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd) {
    long to = CpuTensor.address(xGradient);
    long toGain = CpuTensor.address(gainGradient);
    long toBias = CpuTensor.address(biasGradient);
    long gradient = CpuTensor.address(outGradient);
    long from = CpuTensor.address(x);
    long gains = CpuTensor.address(gain);
    long means = CpuTensor.address(mean);
    long factors = CpuTensor.address(rstd);
    int rows = x.shape().rows();
    int width = x.shape().size(1);
    long rowBytes = (long) width * Float.BYTES;
    work.forRows(
        x,
        (row, worker) -> {
          long skipped = row * rowBytes;
          float rowMean = Memory.get(means + (long) row * Float.BYTES);
          float factor = Memory.get(factors + (long) row * Float.BYTES);
          LayerNormBackwardKernels.addRow(
              to + skipped, gradient + skipped, from + skipped, gains, rowMean, factor, width);
        });
    work.forColumns(
        width,
        (first, columns) -> {
          for (int column = 0; column < columns; column += Memory.LANES) {
            long at = (long) (first + column) * Float.BYTES;
            LayerNormBackwardKernels.addColumns(
                toGain + at,
                toBias + at,
                gradient + at,
                from + at,
                means,
                factors,
                rowBytes,
                rows,
                columns - column);
          }
        });
  }
}
