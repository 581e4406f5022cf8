package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The derivatives of {@link Gelu}. */
final class GeluBackward {
  private static final FloatVector ONE = Gelu.ONE;
  private static final FloatVector THREE = VectorMath.constant(3);
  private static final FloatVector TWICE = VectorMath.constant(2 * 0.7978845608028654f);
  private static final FloatVector MINUS_TWICE = VectorMath.constant(-2 * 0.7978845608028654f);
  private static final FloatVector INVERSE_SQRT_2_PI = VectorMath.constant(0.3989422804014327f);

  // Outside of these the derivative is 0 and 1 in float32.
  private static final FloatVector LEAST = VectorMath.constant(-16);
  private static final FloatVector MOST = VectorMath.constant(16);

  private GeluBackward() {}

  /** {@code xGradient = outGradient · tanh form's derivative at x}. */
  static void tanh(long xGradient, long outGradient, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector gradient = Memory.load(outGradient + at);
      Memory.store(gradient.mul(tanh(Memory.load(x + at))), xGradient + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector gradient = Memory.load(outGradient + at, rest);
      Memory.store(gradient.mul(tanh(Memory.load(x + at, rest))), xGradient + at, rest);
    }
  }

  /** {@code xGradient = outGradient · erf form's derivative at x}. */
  static void erf(long xGradient, long outGradient, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector gradient = Memory.load(outGradient + at);
      Memory.store(gradient.mul(erf(Memory.load(x + at))), xGradient + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector gradient = Memory.load(outGradient + at, rest);
      Memory.store(gradient.mul(erf(Memory.load(x + at, rest))), xGradient + at, rest);
    }
  }

  /**
   * With u = √(2/π)·(x + 0.044715 x³) and s = (1 + tanh u)/2 = 1/(1 + e^(−2u)), gelu is x·s and its
   * derivative {@code s + x · 2u′ · s · (1 − s)}.
   */
  private static FloatVector tanh(FloatVector unbounded) {
    FloatVector x = unbounded.max(LEAST).min(MOST);
    FloatVector cubic = x.mul(x).mul(Gelu.CUBIC); // 0.044715 x²
    FloatVector minusTwoU = cubic.add(ONE).mul(x).mul(MINUS_TWICE);
    FloatVector s = ONE.div(VectorMath.boundedExp(minusTwoU).add(ONE));
    FloatVector slope = cubic.fma(THREE, ONE).mul(x).mul(TWICE); // x · 2u′
    return ONE.sub(s).mul(s).fma(slope, s);
  }

  /** {@code Φ(x) + x·φ(x)}, with e^(−x²/2) computed once for both. */
  private static FloatVector erf(FloatVector unbounded) {
    FloatVector x = unbounded.max(LEAST).min(MOST);
    FloatVector z = x.mul(Gelu.SQRT_HALF);
    FloatVector exponential = VectorMath.boundedExp(z.mul(z).neg());
    FloatVector probability = Gelu.normal(x, z.abs(), exponential);
    return exponential.mul(INVERSE_SQRT_2_PI).fma(x, probability);
  }
}
