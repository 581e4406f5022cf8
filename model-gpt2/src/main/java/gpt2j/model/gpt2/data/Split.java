package gpt2j.model.gpt2.data;

/**
 * Which documents are for validation: so many of them as the fraction says, any of them as likely
 * as any other (Knuth, <em>The Art of Computer Programming</em>, volume 2, algorithm 3.4.2S). A
 * function of the seed and of how many documents there are.
 */
final class Split {
  private final long documents;
  private final Draws draws;
  private long needed;
  private long next;

  /**
   * A split.
   *
   * @param documents how many there are, 2 or more
   * @param fraction of them for validation, below 1; if it isn't 0, at least one document is, and
   *     at least one isn't
   */
  Split(long documents, double fraction, long seed) {
    this.documents = documents;
    draws = new Draws(seed, Draws.SPLIT);
    long share = Math.round(documents * fraction);
    needed = fraction == 0 ? 0 : Math.clamp(share, 1, documents - 1);
  }

  /** Whether the next document is for validation. */
  boolean nextIsValidation() {
    boolean taken = next < documents && draws.below(documents - next, next, 0) < needed;
    next++;
    needed -= taken ? 1 : 0;
    return taken;
  }
}
