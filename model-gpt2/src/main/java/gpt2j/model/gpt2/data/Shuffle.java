package gpt2j.model.gpt2.data;

/**
 * A random permutation of the numbers below a bound that takes no memory: a Feistel network over
 * the smallest even number of bits that will do, walked until it falls below the bound (Black and
 * Rogaway 2002, "Ciphers with Arbitrary Finite Domains", section 3).
 */
public final class Shuffle {
  private static final int ROUNDS = 6;

  private final Draws draws;
  private final long bound;
  private final int halfBits;
  private final long mask;

  /**
   * A permutation of 0 to {@code bound} − 1.
   *
   * @param bound 1 or more, below 2⁶²
   */
  public Shuffle(Draws draws, long bound) {
    this.draws = draws;
    this.bound = bound;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(bound - 1, 1));
    halfBits = (bits + 1) / 2;
    mask = (1L << halfBits) - 1;
  }

  /**
   * Where {@code index} goes.
   *
   * @param pass number of the permutation
   */
  public long at(long pass, long index) {
    long value = index;
    do {
      value = network(pass, value);
    } while (value >= bound);
    return value;
  }

  private long network(long pass, long value) {
    long left = value >>> halfBits;
    long right = value & mask;
    for (int round = 0; round < ROUNDS; round++) {
      // The right half goes in as the index, so that each round is a function of it.
      long next = left ^ draws.bits(pass * ROUNDS + round, (int) right) & mask;
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }
}
