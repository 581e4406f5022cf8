package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.GeluMath;
import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.VectorMask;

/** Gaussian error linear units (Hendrycks and Gimpel 2016), in the two forms GPT-2 models use. */
public final class Gelu {
  private Gelu() {}

  /** {@code out = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))}. */
  public static void tanh(long out, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(GeluMath.tanh(Memory.load(x + at)), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      Memory.store(GeluMath.tanh(Memory.load(x + at, rest)), out + at, rest);
    }
  }

  /** {@code out = x/2 · (1 + erf(x/√2))}. */
  public static void erf(long out, long x, int count) {
    int whole = count - count % Memory.LANES;
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(GeluMath.erf(Memory.load(x + at)), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      Memory.store(GeluMath.erf(Memory.load(x + at, rest)), out + at, rest);
    }
  }

  /** By {@code (1 + tanh u) / 2 = 1 / (1 + e^(−2u))}, which loses nothing where tanh nears −1. */
}
