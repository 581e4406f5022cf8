package gpt2j.backend.cuda;

import gpt2j.api.Epilogue;

/**
 * Takes the faster of two by a rule, so that equal work gives equal results each time: cuBLAS pays
 * off with whole tiles of rows; below, its launches and the kernel that finishes its work take
 * longer than the work.
 */
record FasterGemm(Gemm custom, Gemm cublas) implements Gemm {
  /** Rows from which cuBLAS is taken. */
  static final int MANY_ROWS = 64;

  @Override
  public void multiply(long out, long x, int rows, DeviceMatrix weights, Epilogue epilogue) {
    (rows < MANY_ROWS ? custom : cublas).multiply(out, x, rows, weights, epilogue);
  }

  @Override
  public void close() {
    cublas.close();
    custom.close();
  }
}
