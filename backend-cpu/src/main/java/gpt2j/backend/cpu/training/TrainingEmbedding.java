package gpt2j.backend.cpu.training;

import gpt2j.api.tensor.Tensor;
import gpt2j.backend.cpu.kernel.VectorAdd;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.simd.Memory;

/** The embedding of training; see {@link gpt2j.api.training.TrainingOperations#embed}. */
final class TrainingEmbedding {
  private final WorkSplitter work;

  TrainingEmbedding(WorkSplitter work) {
    this.work = work;
  }

  void forward(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    long to = CpuTensor.address(out);
    long token = CpuTensor.address(tokens);
    long tokenRows = CpuTensor.address(wte);
    long positionRows = CpuTensor.address(wpe);
    int vocabulary = wte.shape().rows();
    int width = out.shape().size(1);
    long rowBytes = (long) width * Float.BYTES;
    work.forRows(
        out,
        (row, worker) -> {
          long tokenRow = tokenRows + existing(token, row, vocabulary) * rowBytes;
          long positionRow = positionRows + row % sequenceLength * rowBytes;
          VectorAdd.add(to + row * rowBytes, tokenRow, positionRow, width);
        });
  }

  /** Each part is some columns of all rows, so that no two of them add to the same number. */
  void backward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    long tokenRows = CpuTensor.address(wteGradient);
    long positionRows = CpuTensor.address(wpeGradient);
    long from = CpuTensor.address(outGradient);
    long token = CpuTensor.address(tokens);
    int vocabulary = wteGradient.shape().rows();
    int rows = outGradient.shape().rows();
    long rowBytes = (long) outGradient.shape().size(1) * Float.BYTES;
    work.forColumns(
        outGradient.shape().size(1),
        (column, columns) -> {
          long at = (long) column * Float.BYTES;
          for (int row = 0; row < rows; row++) {
            long gradient = from + row * rowBytes + at;
            long tokenRow = tokenRows + existing(token, row, vocabulary) * rowBytes + at;
            long positionRow = positionRows + row % sequenceLength * rowBytes + at;
            VectorAdd.add(tokenRow, tokenRow, gradient, columns);
            VectorAdd.add(positionRow, positionRow, gradient, columns);
          }
        });
  }

  /** Row of a table; tokens outside of it are the caller's mistake, but mustn't reach memory. */
  static long existing(long tokens, int row, int vocabulary) {
    return Math.clamp(Memory.getInt(tokens + (long) row * Integer.BYTES), 0, vocabulary - 1);
  }
}
