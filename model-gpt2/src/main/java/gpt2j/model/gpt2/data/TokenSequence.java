package gpt2j.model.gpt2.data;

import java.util.Objects;

/** Token ids one after another, in memory or in a file. Any number of threads may read one. */
public interface TokenSequence {
  /** How many tokens there are. */
  long size();

  /**
   * Copies tokens.
   *
   * @param start index of the first one
   * @param target where they go
   * @param offset index in {@code target} of the first one
   * @param length how many
   * @throws IndexOutOfBoundsException when there aren't so many, here or in {@code target}
   * @throws DataException when the file has a token that isn't in the vocabulary
   */
  void read(long start, int[] target, int offset, int length);

  /** Tokens in memory. */
  static TokenSequence of(int... tokens) {
    int[] own = tokens.clone();
    return new TokenSequence() {
      @Override
      public long size() {
        return own.length;
      }

      @Override
      public void read(long start, int[] target, int offset, int length) {
        Objects.checkFromIndexSize(start, (long) length, own.length);
        System.arraycopy(own, (int) start, target, offset, length);
      }
    };
  }
}
