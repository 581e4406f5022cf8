package gpt2j.testkit;

import gpt2j.api.Philox;
import gpt2j.api.training.Dropout;

/** What {@link Dropout} multiplies each element of a place by. */
interface DropoutMask {
  /** 0 for an element that is dropped, 1 / (1 − probability) for one that is kept. */
  double factor(long element);

  /**
   * The mask of a forward pass.
   *
   * @param pass the number of the forward pass, of no meaning without dropout
   */
  static DropoutMask of(Dropout dropout, int pass) {
    return switch (dropout) {
      case Dropout.None none -> element -> 1;
      case Dropout.Random random -> element -> factor(random, pass, element);
    };
  }

  private static double factor(Dropout.Random dropout, int pass, long element) {
    int[] words = new int[Philox.WORDS];
    int block = (int) (element / Philox.WORDS);
    Philox.words(dropout.seed(), block, pass, dropout.site(), words);
    int word = words[(int) (element % Philox.WORDS)];
    boolean kept = Integer.compareUnsigned(word, dropout.threshold()) >= 0;
    return kept ? 1 / (1 - (double) dropout.probability()) : 0;
  }
}
