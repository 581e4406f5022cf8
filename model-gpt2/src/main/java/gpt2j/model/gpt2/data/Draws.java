package gpt2j.model.gpt2.data;

import gpt2j.api.Philox;

/**
 * Random numbers of a seed, each a function of what it is for. They don't meet those of {@link
 * gpt2j.api.training.Dropout}, whose streams are small numbers.
 */
public record Draws(long seed, long purpose) {
  /** Which places of a sequence make a batch. */
  static final long PLACES = 1;

  /** In which order windows are read. */
  static final long ORDER = 2;

  /** Which documents go to validation. */
  public static final long SPLIT = 3;

  private static final int PURPOSE_SHIFT = 56;

  /** A random number of 64 bits. */
  long bits(long number, int index) {
    int[] words = new int[Philox.WORDS];
    long low = number & 0xFFFFFFFFL;
    long high = number >>> 32;
    Philox.words(seed, index, (int) low, purpose << PURPOSE_SHIFT | high, words);
    return (long) words[0] << 32 | words[1] & 0xFFFFFFFFL;
  }

  /** A random number from 0, below {@code bound}; uneven by bound·2⁻⁶⁴ at most. */
  long below(long bound, long number, int index) {
    return Math.unsignedMultiplyHigh(bits(number, index), bound);
  }
}
