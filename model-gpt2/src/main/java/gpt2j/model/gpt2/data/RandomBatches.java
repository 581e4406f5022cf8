package gpt2j.model.gpt2.data;

import gpt2j.api.Words;

/** Rows from random places. */
final class RandomBatches implements Batches {
  private final Rows rows;
  private final long places;
  private final long perPass;
  private final Draws draws;

  RandomBatches(TokenSequence tokens, int rows, int length, long seed) {
    this.rows = new Rows(tokens, rows, length);
    places = tokens.size() - length;
    if (places < 1) {
      throw new DataException(
          "%s, too few for rows of %d and the token after"
              .formatted(Words.count(tokens.size(), "token"), length));
    }
    perPass = Math.max(1, tokens.size() / ((long) rows * length));
    draws = new Draws(seed, Draws.PLACES);
  }

  @Override
  public int rows() {
    return rows.count();
  }

  @Override
  public int length() {
    return rows.length();
  }

  @Override
  public long perPass() {
    return perPass;
  }

  @Override
  public void fill(long number, int[] inputs, int[] targets) {
    rows.check(number, inputs, targets);
    for (int row = 0; row < rows.count(); row++) {
      rows.read(row, draws.below(places, number, row), inputs, targets);
    }
  }
}
