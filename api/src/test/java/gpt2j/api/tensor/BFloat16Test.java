package gpt2j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BFloat16Test {
  /** Lower halves at and around where rounding turns. */
  private static final int[] LOWER = {0, 1, 2, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFFFE, 0xFFFF};

  @Test
  void everyBFloat16StaysItself() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = BFloat16.toFloat((short) bits);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(BFloat16.toFloat(BFloat16.of(value))), "NaN " + bits);
      } else {
        assertEquals((short) bits, BFloat16.of(value), "bits " + bits);
      }
    }
  }

  /** Between every two neighbours, of either sign, up to infinity. */
  @Test
  void roundsToNearestTiesToEven() {
    for (int upper = 0; upper < 0x7F80; upper++) {
      for (int lower : LOWER) {
        float value = Float.intBitsToFloat(upper << 16 | lower);
        short expected = (short) nearest(upper, value);
        assertEquals(expected, BFloat16.of(value), "bits %x.%x".formatted(upper, lower));
        assertEquals(
            (short) (expected | 0x8000), BFloat16.of(-value), "-%x.%x".formatted(upper, lower));
      }
    }
  }

  /** {@code upper} or its successor; float64 holds both distances exactly. */
  private static int nearest(int upper, float value) {
    double below = Float.intBitsToFloat(upper << 16);
    // The successor of the largest is where 2¹²⁸ would be.
    double above = upper == 0x7F7F ? 0x1p128 : Float.intBitsToFloat(upper + 1 << 16);
    double toBelow = value - below;
    double toAbove = above - value;
    if (toBelow == toAbove) {
      return upper + (upper & 1);
    }
    return toBelow < toAbove ? upper : upper + 1;
  }

  @Test
  void everyNaNStaysOneAndInfinityToo() {
    for (int upper : new int[] {0x7F80, 0x7FFF, 0xFF80, 0xFFFF, 0x7FC0}) {
      for (int lower : LOWER) {
        int bits = upper << 16 | lower;
        if (bits != 0x7F80_0000 && bits != 0xFF80_0000) {
          float rounded = BFloat16.toFloat(BFloat16.of(Float.intBitsToFloat(bits)));
          assertTrue(Float.isNaN(rounded), Integer.toHexString(bits));
        }
      }
    }
    assertEquals((short) 0x7F80, BFloat16.of(Float.POSITIVE_INFINITY));
    assertEquals((short) 0xFF80, BFloat16.of(Float.NEGATIVE_INFINITY));
    assertEquals((short) 0x8000, BFloat16.of(-0.0f));
  }
}
