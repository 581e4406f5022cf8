package gpt2j.model.gpt2.engine;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Which slots begin with which tokens, in blocks: each whole block is known by a hash of its tokens
 * and of the block before it. Two texts may have one hash, so whoever asks compares the tokens.
 */
final class PrefixIndex {
  /** Tokens of a block. */
  static final int BLOCK = 32;

  private final Map<Long, BitSet> slots = new HashMap<>(); // by the hash of a block
  private final long[][] chains; // [slot][block]: what each slot is known by

  PrefixIndex(int slots) {
    chains = new long[slots][0];
  }

  /** A slot holds these tokens, and no others, from now on. */
  void hold(int slot, int[] tokens) {
    long[] chain = chain(tokens);
    if (!Arrays.equals(chain, chains[slot])) {
      drop(slot);
      chains[slot] = chain;
      for (long hash : chain) {
        slots.computeIfAbsent(hash, _ -> new BitSet()).set(slot);
      }
    }
  }

  /** A slot holds nothing of use. */
  void drop(int slot) {
    for (long hash : chains[slot]) {
      BitSet holding = slots.get(hash);
      if (holding != null) {
        holding.clear(slot);
        if (holding.isEmpty()) {
          slots.remove(hash);
        }
      }
    }
    chains[slot] = new long[0];
  }

  /** Whole blocks that a slot holds. */
  int blocks(int slot) {
    return chains[slot].length;
  }

  /** The other slots that hold all whole blocks of a slot which has some. */
  BitSet twins(int slot) {
    long[] chain = chains[slot];
    BitSet twins = new BitSet();
    if (chain.length > 0) {
      twins.or(slots.get(chain[chain.length - 1]));
      twins.clear(slot);
    }
    return twins;
  }

  /** The slots that most of the first blocks lead to; none where no slot has the first. */
  BitSet beginningLike(int[] tokens) {
    BitSet deepest = new BitSet();
    for (long hash : chain(tokens)) {
      BitSet holding = slots.get(hash);
      if (holding == null) {
        break;
      }
      deepest = holding;
    }
    return (BitSet) deepest.clone();
  }

  private static long[] chain(int[] tokens) {
    long[] chain = new long[tokens.length / BLOCK];
    long hash = 0;
    for (int block = 0; block < chain.length; block++) {
      for (int i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
        hash = mixed(hash + tokens[i] + 1);
      }
      chain[block] = hash;
    }
    return chain;
  }

  /** The finalizer of MurmurHash3, after a step by the golden ratio. */
  private static long mixed(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
    z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return z ^ (z >>> 33);
  }
}
