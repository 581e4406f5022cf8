package gpt2j.backend.cpu.weights;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.backend.cpu.runtime.WorkerPool;
import gpt2j.backend.cpu.simd.Memory;

/** Copies numbers of the host to memory of the backend, on all threads of the pool. */
final class HostCopy {
  /** Numbers that are widened at a time. */
  private static final int PIECE = 4096;

  private HostCopy() {}

  /** All of {@code from} as float32, in the same order. */
  static void widened(WorkerPool pool, HostTensor from, long to) {
    pool.run(
        (worker, workers) -> {
          long first = from.shape().elements() * worker / workers;
          long end = from.shape().elements() * (worker + 1) / workers;
          if (from.type() == DataType.F32) {
            copy(from, first, end, to);
          } else {
            widen(from, first, end, to);
          }
        });
  }

  private static void copy(HostTensor from, long first, long end, long to) {
    long start = first * Float.BYTES;
    from.read(start, Memory.segment(to + start, end * Float.BYTES - start));
  }

  private static void widen(HostTensor from, long first, long end, long to) {
    float[] piece = new float[PIECE];
    for (long at = first; at < end; at += PIECE) {
      int count = (int) Math.min(PIECE, end - at);
      from.copyTo(at, piece, 0, count);
      Memory.copy(piece, 0, to + at * Float.BYTES, count);
    }
  }
}
