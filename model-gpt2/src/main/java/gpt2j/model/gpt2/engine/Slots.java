package gpt2j.model.gpt2.engine;

import java.util.BitSet;

/**
 * The slots of an engine's cache: in use, or free. A free one keeps what it holds until it is
 * taken, the empty ones first, then the one whose content was of no use for the longest time.
 */
final class Slots {
  private final int count;
  private final int most; // in use at a time
  private final BitSet inUse = new BitSet();
  private final long[] usedAt;
  private final PrefixIndex index;
  private long uses;
  private long evictions;

  /** Some of which are in use at a time, at most. */
  Slots(int count, int most) {
    this.count = count;
    this.most = most;
    usedAt = new long[count];
    index = new PrefixIndex(count);
  }

  /** Whether one more may be in use. */
  boolean hasFree() {
    return inUse.cardinality() < most;
  }

  boolean anyInUse() {
    return !inUse.isEmpty();
  }

  /** Takes a free slot. What it held is there, and found, until {@link #hold} says otherwise. */
  int take() {
    int best = -1;
    for (int slot = inUse.nextClearBit(0); slot < count; slot = inUse.nextClearBit(slot + 1)) {
      if (best < 0 || before(slot, best)) {
        best = slot;
      }
    }
    if (index.blocks(best) > 0) {
      evictions++;
    }
    inUse.set(best);
    return best;
  }

  private boolean before(int slot, int other) {
    boolean empty = index.blocks(slot) == 0;
    return empty == (index.blocks(other) == 0) ? usedAt[slot] < usedAt[other] : empty;
  }

  /** A slot holds these tokens. */
  void hold(int slot, int[] tokens) {
    index.hold(slot, tokens);
  }

  /** Gives a slot back that holds these tokens, to be kept unless another has all of its blocks. */
  void release(int slot, int[] tokens) {
    inUse.clear(slot);
    touch(slot);
    index.hold(slot, tokens);
    BitSet twins = index.twins(slot);
    if (!twins.isEmpty()) {
      index.drop(slot);
      twins.stream().forEach(this::touch);
    }
  }

  /** Gives a slot back with nothing to be kept. */
  void release(int slot) {
    inUse.clear(slot);
    index.drop(slot);
  }

  /** What a slot holds was of use. */
  void touch(int slot) {
    usedAt[slot] = ++uses;
  }

  /** Slots that may begin with the same whole blocks as a text, as many as there can be. */
  BitSet beginningLike(int[] tokens) {
    return index.beginningLike(tokens);
  }

  /** Has all free slots keep nothing any more; returns them. */
  BitSet emptyAll() {
    evictions += kept();
    BitSet free = new BitSet();
    free.set(0, count);
    free.andNot(inUse);
    free.stream().forEach(index::drop);
    return free;
  }

  /** Free slots that hold something of use. */
  int kept() {
    int kept = 0;
    for (int slot = inUse.nextClearBit(0); slot < count; slot = inUse.nextClearBit(slot + 1)) {
      kept += index.blocks(slot) > 0 ? 1 : 0;
    }
    return kept;
  }

  long evictions() {
    return evictions;
  }
}
