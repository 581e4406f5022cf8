package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** What {@link gpt2j.backend.cpu.training.DropoutFactors} are made of and multiplied with. */
public final class DropoutKernels {
  private DropoutKernels() {}

  /** Words at random become factors: 0 below the threshold, which is unsigned. */
  public static void toFactors(long words, int count, int threshold, float factor) {
    FloatVector kept = VectorMath.constant(factor);
    IntVector least = IntVector.broadcast(Memory.INTS, threshold);
    for (int i = 0; i < count; i += Memory.LANES) {
      long at = words + (long) i * Float.BYTES;
      IntVector word = Memory.loadInts(at);
      VectorMask<Integer> dropped = word.compare(VectorOperators.ULT, least);
      Memory.store(kept.blend(VectorMath.ZERO, dropped.cast(Memory.FLOATS)), at);
    }
  }

  /** {@code out = dropout(x)}, which is 0 for what is dropped, were it infinite. */
  public static void multiply(long out, long x, long factors, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(
          VectorMath.productOrZero(Memory.load(x + at), Memory.load(factors + at)), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector dropped =
          VectorMath.productOrZero(Memory.load(x + at, rest), Memory.load(factors + at));
      Memory.store(dropped, out + at, rest);
    }
  }

  /** {@code out += dropout(x)}. */
  public static void multiplyAdd(long out, long x, long factors, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector dropped =
          VectorMath.productOrZero(Memory.load(x + at), Memory.load(factors + at));
      Memory.store(Memory.load(out + at).add(dropped), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector dropped =
          VectorMath.productOrZero(Memory.load(x + at, rest), Memory.load(factors + at));
      Memory.store(Memory.load(out + at, rest).add(dropped), out + at, rest);
    }
  }
}
