package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.GeluMath;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The derivatives of {@link Gelu}. */
public final class GeluBackward {
  private GeluBackward() {}

  /** {@code xGradient = outGradient · tanh form's derivative at x}. */
  public static void tanh(long xGradient, long outGradient, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector gradient = Memory.load(outGradient + at);
      Memory.store(gradient.mul(GeluMath.tanhSlope(Memory.load(x + at))), xGradient + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector gradient = Memory.load(outGradient + at, rest);
      Memory.store(
          gradient.mul(GeluMath.tanhSlope(Memory.load(x + at, rest))), xGradient + at, rest);
    }
  }

  /** {@code xGradient = outGradient · erf form's derivative at x}. */
  public static void erf(long xGradient, long outGradient, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector gradient = Memory.load(outGradient + at);
      Memory.store(gradient.mul(GeluMath.erfSlope(Memory.load(x + at))), xGradient + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector gradient = Memory.load(outGradient + at, rest);
      Memory.store(
          gradient.mul(GeluMath.erfSlope(Memory.load(x + at, rest))), xGradient + at, rest);
    }
  }
}
