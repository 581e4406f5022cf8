package gpt2j.model.gpt2;

import java.util.List;

/**
 * Cuts a text where a stop string appears in it, however the text is cut into pieces. What may be
 * the beginning of a stop string is held back until it is known not to be. The stop string that is
 * complete first ends the text; of several that end at the same character, the longest.
 */
final class StopMatcher {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  StopMatcher(List<String> stops) {
    this.stops = stops;
  }

  boolean stopped() {
    return stopped;
  }

  /** Takes the next piece and returns the text that is certain now; nothing once stopped. */
  String push(String piece) {
    if (stopped || piece.isEmpty()) {
      return "";
    }
    int unseen = held.length();
    held.append(piece);
    for (int end = unseen + 1; end <= held.length(); end++) {
      int start = startOfStop(end);
      if (start >= 0) {
        stopped = true;
        held.setLength(start);
        return take(start);
      }
    }
    return take(held.length() - longestBeginning());
  }

  /** What was held back, once no text follows. */
  String finish() {
    return take(held.length());
  }

  private String take(int count) {
    String taken = held.substring(0, count);
    held.delete(0, count);
    return taken;
  }

  /** Where the longest stop string that ends at {@code end} starts, or -1. */
  private int startOfStop(int end) {
    int start = -1;
    for (String stop : stops) {
      int candidate = end - stop.length();
      if (candidate >= 0
          && (start < 0 || candidate < start)
          && holds(stop, candidate, stop.length())) {
        start = candidate;
      }
    }
    return start;
  }

  /** Length of the longest end of the text that is the beginning of a stop string. */
  private int longestBeginning() {
    int longest = 0;
    for (String stop : stops) {
      for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
        if (holds(stop, held.length() - length, length)) {
          longest = length;
        }
      }
    }
    return longest;
  }

  private boolean holds(String stop, int at, int length) {
    for (int i = 0; i < length; i++) {
      if (held.charAt(at + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
