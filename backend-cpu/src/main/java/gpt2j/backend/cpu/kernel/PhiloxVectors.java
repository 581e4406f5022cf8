package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link gpt2j.api.Philox} for many counters at once, one in each lane of 64 bits, since that is
 * what the products of two words take.
 */
public final class PhiloxVectors {
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;

  /** Counters that are taken at once. */
  private static final int BLOCKS = LONGS.length();

  /** Words that come at once. */
  public static final int STEP = 4 * BLOCKS;

  private static final int ROUNDS = 10;
  private static final long LOW = 0xFFFFFFFFL;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final long WEYL_0 = 0x9E3779B9L;
  private static final long WEYL_1 = 0xBB67AE85L;

  private static final LongVector COUNT = LongVector.zero(LONGS).addIndex(1);
  private static final VectorShuffle<Long> FIRST_HALF =
      VectorShuffle.fromOp(LONGS, lane -> lane / 2);
  private static final VectorShuffle<Long> SECOND_HALF =
      VectorShuffle.fromOp(LONGS, lane -> (BLOCKS + lane) / 2);
  private static final VectorMask<Long> ODD = VectorMask.fromLong(LONGS, 0xAAAAAAAAAAAAAAAAL);

  private PhiloxVectors() {}

  /**
   * Stores the words of counters {@code (block, pass, site)}, {@code (block + 1, pass, site)} …,
   * four for each.
   *
   * @param to room for {@code words} rounded up to {@link #STEP}
   */
  public static void words(long to, int block, int words, long seed, int pass, long site) {
    for (int i = 0; i < words; i += STEP) {
      step(to + (long) i * Integer.BYTES, block + i / 4, seed, pass, site);
    }
  }

  private static void step(long to, int block, long seed, int pass, long site) {
    LongVector low = LongVector.broadcast(LONGS, LOW);
    LongVector c0 = low.and(LongVector.broadcast(LONGS, block).add(COUNT));
    LongVector c1 = LongVector.broadcast(LONGS, pass & LOW);
    LongVector c2 = LongVector.broadcast(LONGS, site & LOW);
    LongVector c3 = LongVector.broadcast(LONGS, site >>> 32);
    long k0 = seed & LOW;
    long k1 = seed >>> 32;
    for (int round = 0; round < ROUNDS; round++) {
      LongVector product0 = LongVector.broadcast(LONGS, MULTIPLIER_0).mul(c0);
      LongVector product1 = LongVector.broadcast(LONGS, MULTIPLIER_1).mul(c2);
      c0 = product1.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, k0);
      c0 = c0.lanewise(VectorOperators.XOR, c1);
      c1 = low.and(product1);
      c2 = product0.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, k1);
      c2 = c2.lanewise(VectorOperators.XOR, c3);
      c3 = low.and(product0);
      k0 = (k0 + WEYL_0) & LOW;
      k1 = (k1 + WEYL_1) & LOW;
    }
    // Two words in a lane, low half first, and the two lanes of a counter side by side.
    LongVector shift = LongVector.broadcast(LONGS, 1L << 32);
    LongVector first = shift.mul(c1).or(c0);
    LongVector second = shift.mul(c3).or(c2);
    Memory.store(first.rearrange(FIRST_HALF).blend(second.rearrange(FIRST_HALF), ODD), to);
    Memory.store(
        first.rearrange(SECOND_HALF).blend(second.rearrange(SECOND_HALF), ODD), to + Memory.VECTOR);
  }
}
