package gpt2j.api;

/**
 * Philox4x32-10, a counter-based random number generator (Salmon et al. 2011, "Parallel Random
 * Numbers: As Easy as 1, 2, 3", §4.3): a keyed bijection of 128-bit counters. It has no state, so
 * any number of any stream can be had at once and on any hardware.
 */
public final class Philox {
  /** Words per counter. */
  public static final int WORDS = 4;

  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final int ROUNDS = 10;
  private static final long LOW = 0xFFFFFFFFL;

  private Philox() {}

  /**
   * Stores four random words for the counter {@code (block, draw, low half of stream, high half of
   * stream)}.
   *
   * @param key the seed; its low half is the first word of the key
   * @param out room for {@link #WORDS} words
   */
  public static void words(long key, int block, int draw, long stream, int[] out) {
    int c0 = block;
    int c1 = draw;
    int c2 = (int) stream;
    int c3 = (int) (stream >>> 32);
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (c0 & LOW);
      long product1 = MULTIPLIER_1 * (c2 & LOW);
      c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      c1 = (int) product1;
      c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c3 = (int) product0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }

  /** A word as a number strictly between 0 and 1: {@code (word + 0.5)·2⁻³²}, word unsigned. */
  public static double uniform(int word) {
    return ((word & LOW) + 0.5) * 0x1p-32;
  }

  /** A word as standard Gumbel noise, {@code −ln(−ln u)} with u = {@link #uniform}. */
  public static double gumbel(int word) {
    return -Math.log(-Math.log(uniform(word)));
  }
}
