package gpt2j.backend.cpu.weights;

import gpt2j.backend.cpu.memory.CpuTensor;

/** The stored numbers of an {@code [inputs, outputs]} matrix. Immutable once filled. */
public sealed interface Matrix extends AutoCloseable permits F32Matrix, Bf16Matrix, GroupedMatrix {
  int inputs();

  int outputs();

  /** Bytes of the numbers as stored. */
  long bytes();

  /** {@code out = epilogue(x·this)}, row by row. */
  void multiply(CpuTensor out, CpuTensor x, FusedEpilogue epilogue);

  @Override
  void close();
}
