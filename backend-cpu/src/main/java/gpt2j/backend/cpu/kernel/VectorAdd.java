package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Sums of two rows: biases, residual stream, position embeddings. */
public final class VectorAdd {
  private VectorAdd() {}

  /** {@code out = a + b}, number by number. */
  public static void add(long out, long a, long b, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(Memory.load(a + at).add(Memory.load(b + at)), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector sum = Memory.load(a + at, rest).add(Memory.load(b + at, rest));
      Memory.store(sum, out + at, rest);
    }
  }
}
