package gpt2j.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PhiloxTest {
  /** The known answers for philox4x32-10 of the Random123 distribution (kat_vectors). */
  @ParameterizedTest
  @CsvSource({
    "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
  })
  void knownAnswers(String counter, String key, String expected) {
    int[] c = words(counter);
    int[] k = words(key);
    int[] out = new int[Philox.WORDS];
    Philox.words(join(k[0], k[1]), c[0], c[1], join(c[2], c[3]), out);
    assertArrayEquals(words(expected), out);
  }

  private static int[] words(String hex) {
    return Arrays.stream(hex.trim().split(" "))
        .mapToInt(word -> Integer.parseUnsignedInt(word, 16))
        .toArray();
  }

  private static long join(int low, int high) {
    return Integer.toUnsignedLong(low) | (long) high << 32;
  }

  @Test
  void uniformNumbersLieStrictlyBetweenZeroAndOne() {
    assertEquals(0x1p-33, Philox.uniform(0));
    assertEquals(0.5 + 0x1p-33, Philox.uniform(0x80000000));
    assertEquals(1 - 0x1p-33, Philox.uniform(-1));
  }

  @Test
  void gumbelNoiseIsFiniteAndGrowsWithTheWord() {
    double last = Double.NEGATIVE_INFINITY;
    for (long word = 0; word < 1L << 32; word += 65_535) {
      double noise = Philox.gumbel((int) word);
      assertTrue(Double.isFinite(noise) && noise > last, "word " + word);
      last = noise;
    }
    assertEquals(-Math.log(33 * Math.log(2)), Philox.gumbel(0), 1e-12);
    assertEquals(33 * Math.log(2), Philox.gumbel(-1), 1e-9);
  }

  /** Mean γ and variance π²/6, over a million words of two streams. */
  @Test
  void gumbelNoiseHasItsMoments() {
    int[] words = new int[Philox.WORDS];
    double sum = 0;
    double squares = 0;
    int count = 1_000_000;
    for (int block = 0; block < count / 8; block++) {
      for (long stream = 0; stream < 2; stream++) {
        Philox.words(17, block, 3, stream << 40, words);
        for (int word : words) {
          double noise = Philox.gumbel(word);
          sum += noise;
          squares += noise * noise;
        }
      }
    }
    double mean = sum / count;
    assertEquals(0.57721566, mean, 6e-3);
    assertEquals(Math.PI * Math.PI / 6, squares / count - mean * mean, 2e-2);
  }
}
