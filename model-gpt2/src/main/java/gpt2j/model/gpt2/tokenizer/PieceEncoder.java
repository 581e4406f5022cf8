package gpt2j.model.gpt2.tokenizer;

import com.knuddels.jtokkit.api.IntArrayList;
import java.util.PriorityQueue;

/**
 * Merges the symbols of one piece of text: of all neighbours that may merge, those whose merge
 * ranks first, the leftmost of equals, again and again (Sennrich et al. 2016, algorithm 1). The
 * symbols are a linked list and the candidates a heap, so that a piece of n bytes takes O(n log n)
 * however long it is.
 */
final class PieceEncoder {
  private static final int NONE = -1;

  private final MergeTable merges;

  /** Of each symbol that is still there, by where it starts: its token and its neighbours. */
  private int[] tokens = new int[16];

  private int[] previous = new int[16];
  private int[] next = new int[16];
  private int size;

  /** Merges that may be due: rank, then the place of the left symbol. Some no longer apply. */
  private final PriorityQueue<Long> candidates = new PriorityQueue<>();

  PieceEncoder(MergeTable merges) {
    this.merges = merges;
  }

  /** Starts a piece of at most {@code capacity} symbols. */
  void clear(int capacity) {
    size = 0;
    if (capacity > tokens.length) {
      int grown = Math.max(capacity, 2 * tokens.length);
      tokens = new int[grown];
      previous = new int[grown];
      next = new int[grown];
    }
  }

  /** Appends a symbol to the piece. */
  void add(int token) {
    tokens[size] = token;
    previous[size] = size - 1;
    next[size] = NONE;
    if (size > 0) {
      next[size - 1] = size;
    }
    size++;
  }

  /** Merges what there is to merge and appends the tokens of the piece to {@code out}. */
  void mergeInto(IntArrayList out) {
    for (int at = 0; at < size - 1; at++) {
      propose(at);
    }
    for (Long candidate = candidates.poll(); candidate != null; candidate = candidates.poll()) {
      int at = candidate.intValue();
      int token = merges.merged((int) (candidate >>> 32));
      if (stillMakes(token, at)) {
        merge(at, token);
      }
    }
    for (int at = 0; at != NONE && at < size; at = next[at]) {
      out.add(tokens[at]);
    }
  }

  private void propose(int at) {
    if (at != NONE && next[at] != NONE) {
      int rank = merges.rank(tokens[at], tokens[next[at]]);
      if (rank != MergeTable.NO_MERGE) {
        candidates.add((long) rank << 32 | at);
      }
    }
  }

  /** Whether the symbol is still there and still makes {@code token} with the one after it. */
  private boolean stillMakes(int token, int at) {
    if (tokens[at] == NONE || next[at] == NONE) {
      return false;
    }
    int rank = merges.rank(tokens[at], tokens[next[at]]);
    return rank != MergeTable.NO_MERGE && merges.merged(rank) == token;
  }

  private void merge(int at, int token) {
    int right = next[at];
    tokens[at] = token;
    tokens[right] = NONE;
    next[at] = next[right];
    if (next[at] != NONE) {
      previous[next[at]] = at;
    }
    propose(previous[at]);
    propose(at);
  }
}
