package gpt2j.model.gpt2.stories;

import gpt2j.api.Philox;

/** Random choices, a function of a seed and a number. */
final class Choices {
  private final long seed;
  private final long stream;
  private final int[] words = new int[Philox.WORDS];
  private int next;

  Choices(long seed, long stream) {
    this.seed = seed;
    this.stream = stream;
  }

  /** A number from 0, below {@code bound}. */
  int below(int bound) {
    if (next % Philox.WORDS == 0) {
      Philox.words(seed, next / Philox.WORDS, 0, stream, words);
    }
    long word = words[next % Philox.WORDS] & 0xFFFFFFFFL;
    next++;
    return (int) (word * bound >>> 32);
  }
}
