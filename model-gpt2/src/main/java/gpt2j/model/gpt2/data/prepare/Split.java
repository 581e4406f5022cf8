package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.data.Draws;
import gpt2j.model.gpt2.data.Shuffle;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which part of a text is for validation: whole documents, any of them as likely as any other, and,
 * where these can't come near the size that it is to have, the end of one more. A function of the
 * seed and of the sizes of the documents.
 */
final class Split {
  /** By how much of it the size of the part may be off for the sake of whole documents. */
  private static final double TOLERANCE = 0.2;

  /** So near is near enough. */
  private static final double CLOSE = 0.02;

  private static final int NONE = -1;

  private final BitSet validation = new BitSet();
  private int cut = NONE;
  private long kept;

  /**
   * A split.
   *
   * @param sizes characters of the documents, 1 or more each
   * @param fraction of all characters for validation, from 0 and below 1
   */
  Split(long[] sizes, double fraction, long seed) {
    long all = Arrays.stream(sizes).sum();
    long wanted = (long) (all * fraction);
    long needed = wanted;
    Shuffle order = new Shuffle(new Draws(seed, Draws.SPLIT), sizes.length);
    for (long i = 0; i < sizes.length && needed > CLOSE * wanted; i++) {
      int document = (int) order.at(0, i);
      long size = sizes[document];
      boolean comesNearer = size < 2 * needed && size - needed <= TOLERANCE * wanted;
      if (comesNearer && wanted - needed + size < all) {
        validation.set(document);
        needed -= size;
      } else if (cut == NONE) {
        cut = document;
      }
    }
    if (needed > TOLERANCE * wanted) {
      kept = sizes[cut] - needed;
    } else {
      cut = NONE;
    }
  }

  /** Whether anything is for validation. */
  boolean isThere() {
    return cut != NONE || !validation.isEmpty();
  }

  /** Whether a document is cut in two. */
  boolean cuts() {
    return cut != NONE;
  }

  /**
   * How many characters of a document are for training, and not for validation: all, none, or, of
   * the one that is cut, those before about this place.
   */
  long kept(int document) {
    if (document == cut) {
      return kept;
    }
    return validation.get(document) ? 0 : Long.MAX_VALUE;
  }
}
