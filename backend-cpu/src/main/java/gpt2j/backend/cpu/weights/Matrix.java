package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.memory.CpuTensor;

/** The stored numbers of an {@code [inputs, outputs]} matrix. Immutable once filled. */
public sealed interface Matrix extends AutoCloseable permits F32Matrix, Bf16Matrix {
  int inputs();

  int outputs();

  /** Bytes of the numbers as stored. */
  long bytes();

  /** {@code out = finish(x·this)}, row by row. */
  void multiply(CpuTensor out, CpuTensor x, Finish finish);

  @Override
  void close();
}
