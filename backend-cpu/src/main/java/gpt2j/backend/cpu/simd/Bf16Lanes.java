package gpt2j.backend.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Pairs of bfloat16 numbers in 32-bit words, the first in the low half. */
public final class Bf16Lanes {
  private static final int HIGH = 0xFFFF0000;

  private Bf16Lanes() {}

  /** The numbers in the low halves of words, widened. */
  public static FloatVector low(IntVector words) {
    return words.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  /** The numbers in the high halves of words, widened. */
  public static FloatVector high(IntVector words) {
    return words.and(HIGH).reinterpretAsFloats();
  }
}
