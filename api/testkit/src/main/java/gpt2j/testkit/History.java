package gpt2j.testkit;

import gpt2j.spi.HostSamplingState;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a row of a sampling state has behind it, and may draw.
 *
 * @param seen the tokens of the prompt and those drawn
 * @param drawn how often a token was drawn
 * @param allowed tokens that may be drawn; null for all
 */
record History(BitSet seen, Map<Integer, Integer> drawn, @Nullable BitSet allowed) {
  static History none() {
    return new History(new BitSet(), new HashMap<>(), null);
  }

  static History of(HostSamplingState.Row row) {
    History history = new History(row.seen(), new HashMap<>(), row.allowed());
    row.seen().stream()
        .filter(token -> row.count(token) > 0)
        .forEach(token -> history.drawn.put(token, row.count(token)));
    return history;
  }

  /** That of a row after {@link gpt2j.api.SamplingState#reset}, with what it was allowed before. */
  static History of(int[] prompt, int[] drawn, @Nullable BitSet allowed) {
    History history = new History(new BitSet(), new HashMap<>(), allowed);
    for (int token : prompt) {
      history.seen.set(token);
    }
    for (int token : drawn) {
      history.add(token);
    }
    return history;
  }

  History allowing(@Nullable BitSet tokens) {
    return new History(seen, drawn, tokens);
  }

  void add(int token) {
    seen.set(token);
    drawn.merge(token, 1, Integer::sum);
  }

  boolean allows(int token) {
    return allowed == null || allowed.get(token);
  }
}
