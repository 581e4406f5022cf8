package gpt2j.backend.cpu;

import gpt2j.api.Dropout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * What dropout multiplies the elements of one place by in one pass: 0, or 1 / (1 − probability).
 * Computed again wherever they are needed, which takes less time than to read them.
 */
final class DropoutFactors {
  private static final FloatVector ZERO = VectorMath.constant(0);

  private final int threshold;
  private final float factor;
  private final long seed;
  private final int site;
  private final int pass;

  private DropoutFactors(Dropout.Random dropout) {
    threshold = dropout.threshold();
    factor = (float) (1 / (1 - (double) dropout.probability()));
    seed = dropout.seed();
    site = dropout.site();
    pass = Memory.getInt(CpuTensor.address(dropout.pass()));
  }

  /** Null where nothing is dropped. */
  static @Nullable DropoutFactors of(Dropout dropout) {
    return switch (dropout) {
      case Dropout.None _ -> null;
      case Dropout.Random random -> new DropoutFactors(random);
    };
  }

  /** Bytes of working memory for {@link #store}. */
  static long scratchBytes(int count) {
    return (4L + count + PhiloxVectors.STEP) * Float.BYTES;
  }

  /**
   * Stores the factors of {@code count} elements from {@code element} on.
   *
   * @param scratch of {@link #scratchBytes}
   * @return where in it the first factor lies
   */
  long store(long scratch, long element, int count) {
    int before = (int) (element % 4); // elements of the first counter that aren't wanted
    PhiloxVectors.words(scratch, (int) (element / 4), before + count, seed, pass, site);
    long first = scratch + (long) before * Float.BYTES;
    toFactors(first, count, threshold, factor);
    return first;
  }

  private static void toFactors(long words, int count, int threshold, float factor) {
    FloatVector kept = VectorMath.constant(factor);
    IntVector least = IntVector.broadcast(Memory.INTS, threshold);
    for (int i = 0; i < count; i += Memory.LANES) {
      long at = words + (long) i * Float.BYTES;
      IntVector word = Memory.loadInts(at);
      VectorMask<Integer> dropped = word.compare(VectorOperators.ULT, least);
      Memory.store(kept.blend(ZERO, dropped.cast(Memory.FLOATS)), at);
    }
  }

  /** {@code out = dropout(x)}, which is 0 for what is dropped, were it infinite. */
  static void multiply(long out, long x, long factors, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(kept(Memory.load(x + at), Memory.load(factors + at)), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector dropped = kept(Memory.load(x + at, rest), Memory.load(factors + at));
      Memory.store(dropped, out + at, rest);
    }
  }

  /** {@code out += dropout(x)}. */
  static void multiplyAdd(long out, long x, long factors, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector dropped = kept(Memory.load(x + at), Memory.load(factors + at));
      Memory.store(Memory.load(out + at).add(dropped), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector dropped = kept(Memory.load(x + at, rest), Memory.load(factors + at));
      Memory.store(Memory.load(out + at, rest).add(dropped), out + at, rest);
    }
  }

  private static FloatVector kept(FloatVector x, FloatVector factors) {
    return x.mul(factors).blend(ZERO, factors.compare(VectorOperators.EQ, ZERO));
  }
}
