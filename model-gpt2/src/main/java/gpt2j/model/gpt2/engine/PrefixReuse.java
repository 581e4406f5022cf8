package gpt2j.model.gpt2.engine;

import gpt2j.model.gpt2.Session;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Takes the beginnings of texts from the slots that hold them already. */
final class PrefixReuse {
  private final Session session;
  private final Slots slots;
  private final @Nullable Runner[] runners; // by slot
  private long queries;
  private long hits;
  private long tokens;

  PrefixReuse(Session session, Slots slots, @Nullable Runner[] runners) {
    this.session = session;
    this.slots = slots;
    this.runners = runners;
  }

  /** How often it was asked. */
  long queries() {
    return queries;
  }

  /** How often it had something. */
  long hits() {
    return hits;
  }

  /** Tokens that needn't be evaluated. */
  long tokens() {
    return tokens;
  }

  /**
   * Leaves as much of a sample's text in its slot as any slot has of it: what its slot held before,
   * or a copy.
   */
  void begin(Runner runner) {
    int slot = runner.slot();
    int found = 0;
    if (runner.sample().usesCache()) {
      found = find(runner);
    }
    session.rollBack(slot, session.length(slot) - found);
    slots.hold(slot, session.tokens(slot));
    runner.begin();
  }

  private int find(Runner runner) {
    int slot = runner.slot();
    int best = common(slot, runner);
    int source = slot;
    BitSet candidates = slots.beginningLike(Arrays.copyOf(runner.text(), runner.cached()));
    for (Runner other : runners) {
      if (other != null && isTwin(runner, other)) {
        candidates.set(other.slot()); // of however few tokens
      }
    }
    for (int other = candidates.nextSetBit(0);
        other >= 0;
        other = candidates.nextSetBit(other + 1)) {
      int length = other == slot ? 0 : common(other, runner);
      if (length > best) {
        best = length;
        source = other;
      }
    }
    if (source != slot) {
      session.fork(source, slot, best);
      slots.touch(source);
    }
    queries++;
    hits += best > 0 ? 1 : 0;
    tokens += best;
    if (runner.sample().stream() == 0) {
      runner.submission().foundInCache(best);
    }
    return best;
  }

  /**
   * Whether a sample should be looked for only after the next chunk, since one that goes before it
   * is about to evaluate what both begin with.
   */
  boolean isWorthWaiting(Runner runner, Runner earlier) {
    if (!runner.sample().usesCache()) {
      return false;
    }
    int most = Math.min(runner.cached(), earlier.cached());
    int common = common(earlier.text(), runner.text(), most);
    return common > session.length(earlier.slot())
        && (common >= PrefixIndex.BLOCK || isTwin(runner, earlier));
  }

  private static boolean isTwin(Runner runner, Runner other) {
    return other != runner && other.submission() == runner.submission();
  }

  /** The tokens that a slot and a text have in common, but for the text's last. */
  private int common(int slot, Runner runner) {
    int[] held = session.tokens(slot);
    return common(held, runner.text(), Math.min(held.length, runner.cached()));
  }

  private static int common(int[] one, int[] two, int most) {
    int mismatch = Arrays.mismatch(one, 0, most, two, 0, most);
    return mismatch < 0 ? most : mismatch;
  }
}
