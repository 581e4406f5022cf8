package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The derivatives of {@link Gelu}. */
final class GeluBackward {
  private static final float SQRT_2_OVER_PI = 0.7978845608028654f;
  private static final float CUBIC = 0.044715f;
  private static final float SQRT_HALF = 0.7071067811865476f;
  private static final float INVERSE_SQRT_2_PI = 0.3989422804014327f;

  /** From here on the derivative is 1, and below its negative 0, in float32. */
  private static final float BOUND = 16;

  private GeluBackward() {}

  /** {@code xGradient = outGradient · tanh form's derivative at x}. */
  static void tanh(long xGradient, long outGradient, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(tanh(Memory.load(x + at)).mul(Memory.load(outGradient + at)), xGradient + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector gradient = Memory.load(outGradient + at, rest);
      Memory.store(tanh(Memory.load(x + at, rest)).mul(gradient), xGradient + at, rest);
    }
  }

  /** {@code xGradient = outGradient · erf form's derivative at x}. */
  static void erf(long xGradient, long outGradient, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(erf(Memory.load(x + at)).mul(Memory.load(outGradient + at)), xGradient + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector gradient = Memory.load(outGradient + at, rest);
      Memory.store(erf(Memory.load(x + at, rest)).mul(gradient), xGradient + at, rest);
    }
  }

  /**
   * With u = √(2/π)·(x + 0.044715 x³) and s = (1 + tanh u)/2 = 1/(1 + e^(−2u)), gelu is x·s and its
   * derivative {@code s + x · 2u′ · s · (1 − s)}.
   */
  private static FloatVector tanh(FloatVector unbounded) {
    FloatVector x = unbounded.max(-BOUND).min(BOUND);
    FloatVector squared = x.mul(x).mul(CUBIC); // 0.044715 x²
    FloatVector u = squared.add(1).mul(x).mul(SQRT_2_OVER_PI);
    FloatVector s = VectorMath.constant(1).div(VectorMath.exp(u.mul(-2)).add(1));
    FloatVector slope = squared.mul(3).add(1).mul(x).mul(2 * SQRT_2_OVER_PI); // x · 2u′
    return s.neg().add(1).mul(s).fma(slope, s);
  }

  /** {@code Φ(x) + x·φ(x)}, with e^(−x²/2) computed once for both. */
  private static FloatVector erf(FloatVector unbounded) {
    FloatVector x = unbounded.max(-BOUND).min(BOUND);
    FloatVector z = x.abs().mul(SQRT_HALF);
    FloatVector exponential = VectorMath.exp(z.mul(z).neg());
    FloatVector half = Gelu.halfErfc(z, exponential); // Φ(−|x|)
    VectorMask<Float> positive = x.compare(VectorOperators.GT, 0);
    FloatVector probability = half.blend(half.neg().add(1), positive); // Φ(x)
    return exponential.mul(INVERSE_SQRT_2_PI).fma(x, probability);
  }
}
