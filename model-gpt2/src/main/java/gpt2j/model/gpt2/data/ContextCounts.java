package gpt2j.model.gpt2.data;

import java.util.Arrays;

/** How often symbols follow contexts of one length. */
final class ContextCounts {
  private static final int SYMBOL_BITS = 9;

  /** Counts by context and symbol, and the sums of each context. */
  private final LongCounts follows = new LongCounts();

  private final LongCounts totals = new LongCounts();
  private final LongCounts kinds = new LongCounts();
  private double discount;

  /** Counts a symbol after a context; true when it is the first time. */
  boolean add(long context, int symbol) {
    totals.add(context);
    boolean first = follows.add(context << SYMBOL_BITS | symbol) == 1;
    if (first) {
      kinds.add(context);
    }
    return first;
  }

  /** Fixes the discount, n₁/(n₁ + 2n₂), once all is counted (Ney et al. 1994). */
  void finish() {
    double once = follows.having(1);
    double twice = follows.having(2);
    discount = once == 0 ? 0.5 : once / (once + 2 * twice);
  }

  /**
   * The probability of a symbol.
   *
   * @param shorter its probability after the context without its first symbol
   */
  double probability(long context, int symbol, double shorter) {
    int total = totals.get(context);
    if (total == 0) {
      return shorter;
    }
    int count = follows.get(context << SYMBOL_BITS | symbol);
    double kept = Math.max(count - discount, 0);
    return (kept + discount * kinds.get(context) * shorter) / total;
  }

  /** Counts by a key, in open addressing. */
  private static final class LongCounts {
    private static final double FULL = 0.5;

    private long[] keys = new long[1 << 10];
    private int[] counts = new int[1 << 10];
    private int size;

    /** Adds one and returns the count. */
    int add(long key) {
      if (size > keys.length * FULL) {
        grow();
      }
      int slot = slot(key);
      if (counts[slot] == 0) {
        keys[slot] = key;
        size++;
      }
      return ++counts[slot];
    }

    int get(long key) {
      return counts[slot(key)];
    }

    long having(int count) {
      return Arrays.stream(counts).filter(c -> c == count).count();
    }

    private int slot(long key) {
      // Fibonacci hashing: the high bits of the product depend on all bits of the key.
      int shift = Long.SIZE - Integer.numberOfTrailingZeros(keys.length);
      int slot = (int) (key * 0x9E3779B97F4A7C15L >>> shift);
      while (counts[slot] != 0 && keys[slot] != key) {
        slot = slot + 1 & keys.length - 1;
      }
      return slot;
    }

    private void grow() {
      long[] oldKeys = keys;
      int[] oldCounts = counts;
      keys = new long[2 * oldKeys.length];
      counts = new int[2 * oldCounts.length];
      for (int i = 0; i < oldKeys.length; i++) {
        if (oldCounts[i] != 0) {
          int slot = slot(oldKeys[i]);
          keys[slot] = oldKeys[i];
          counts[slot] = oldCounts[i];
        }
      }
    }
  }
}
