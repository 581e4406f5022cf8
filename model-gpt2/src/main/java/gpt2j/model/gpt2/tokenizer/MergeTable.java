package gpt2j.model.gpt2.tokenizer;

import java.util.Arrays;

/** The merges by the pair of tokens that they join; the first to be added ranks first. */
final class MergeTable {
  /** The rank of a pair that doesn't merge. */
  static final int NO_MERGE = -1;

  /** No pair: ids aren't negative. */
  private static final long FREE = -1;

  // Open addressing in arrays: boxed in a HashMap, the 50000 merges of GPT-2 take twice the time.
  private final long[] pairs;
  private final int[] ranks;
  private final int[] merged;
  private final int shift;
  private int size;

  /** A table with room for {@code capacity} merges. */
  MergeTable(int capacity) {
    // Between a quarter and half full.
    int slots = Integer.highestOneBit(Math.max(capacity, 1)) << 2;
    shift = Long.SIZE - Integer.numberOfTrailingZeros(slots);
    pairs = new long[slots];
    Arrays.fill(pairs, FREE);
    ranks = new int[slots];
    merged = new int[capacity];
  }

  /** Adds the merge that ranks next; false when the pair merges already. */
  boolean add(int left, int right, int token) {
    int slot = slot(left, right);
    if (pairs[slot] != FREE) {
      return false;
    }
    pairs[slot] = pair(left, right);
    ranks[slot] = size;
    merged[size] = token;
    size++;
    return true;
  }

  /** The rank of the merge of two tokens, or {@link #NO_MERGE}. */
  int rank(int left, int right) {
    int slot = slot(left, right);
    return pairs[slot] == FREE ? NO_MERGE : ranks[slot];
  }

  /** The token that the merge of this rank makes. */
  int merged(int rank) {
    return merged[rank];
  }

  /** The two tokens of each merge, by its rank: {@code {left, right}}. */
  int[][] byRank() {
    int[][] all = new int[size][];
    for (int slot = 0; slot < pairs.length; slot++) {
      if (pairs[slot] != FREE) {
        all[ranks[slot]] = new int[] {(int) (pairs[slot] >>> 32), (int) pairs[slot]};
      }
    }
    return all;
  }

  /** Where the pair is, or where it would be. */
  private int slot(int left, int right) {
    long pair = pair(left, right);
    // Fibonacci hashing: the high bits of the product depend on all bits of the pair.
    int slot = (int) (pair * 0x9E3779B97F4A7C15L >>> shift);
    while (pairs[slot] != FREE && pairs[slot] != pair) {
      slot = slot + 1 & pairs.length - 1;
    }
    return slot;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }
}
