package gpt2j.model.gpt2.data;

import java.util.Objects;

/** Tokens in memory. */
final class ArrayTokens implements TokenSequence {
  private final int[] tokens;

  ArrayTokens(int... tokens) {
    this.tokens = tokens;
  }

  @Override
  public long size() {
    return tokens.length;
  }

  @Override
  public void read(long start, int[] target, int offset, int length) {
    Objects.checkFromIndexSize(start, (long) length, tokens.length);
    System.arraycopy(tokens, (int) start, target, offset, length);
  }
}
