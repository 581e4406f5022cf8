package gpt2j.model.gpt2.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that are cut out of a text before byte pair encoding sees it: special ones such as
 * {@code <|endoftext|>}, and words that were added to a trained vocabulary. Where several match,
 * the leftmost does, and of those the longest, as in Hugging Face tokenizers. Immutable.
 */
final class AddedTokens {
  /**
   * One added token.
   *
   * @param special whether it is recognised on request only
   * @param normalized whether it is looked for in a second round, in what the others left
   */
  record AddedToken(int id, String content, boolean special, boolean normalized) {}

  private final Map<Integer, byte[]> bytes = new HashMap<>();
  private final Map<String, Integer> special = new LinkedHashMap<>();
  private final Round first;
  private final Round second;
  private final int size;
  private final int longest;

  /** Ids, and contents, which aren't empty, are unique. */
  AddedTokens(Collection<AddedToken> tokens) {
    for (AddedToken token : tokens) {
      bytes.put(token.id(), token.content().getBytes(StandardCharsets.UTF_8));
      if (token.special()) {
        special.put(token.content(), token.id());
      }
    }
    first = new Round(tokens.stream().filter(token -> !token.normalized()).toList());
    second = new Round(tokens.stream().filter(AddedToken::normalized).toList());
    size = tokens.stream().mapToInt(token -> token.id() + 1).max().orElse(0);
    longest = tokens.stream().mapToInt(token -> token.content().length()).max().orElse(0);
  }

  /** The bytes that {@code token} stands for, not to be changed; null when it is none of these. */
  byte @Nullable [] bytes(int token) {
    return bytes.get(token);
  }

  /** The ids of the special tokens by their text; unmodifiable. */
  Map<String, Integer> special() {
    return Collections.unmodifiableMap(special);
  }

  /** One more than the largest id. */
  int size() {
    return size;
  }

  /** How many characters the longest one has; 0 when there are none. */
  int longest() {
    return longest;
  }

  /**
   * Whether one of them, recognised or not, stands across a place of {@code text}.
   *
   * @param orEnds whether one that ends there counts, too
   */
  boolean reachAcross(StringBuilder text, int place, boolean orEnds) {
    int end = orEnds ? place : place + 1;
    for (int start = Math.max(0, place - longest); start < place; start++) {
      if (first.reach(text, start, end) || second.reach(text, start, end)) {
        return true;
      }
    }
    return false;
  }

  /** Hands over {@code text} in its order: the added tokens, and the stretches between them. */
  void split(String text, SpecialTokens policy, Consumer<String> stretch, IntConsumer token) {
    first.split(text, policy, rest -> second.split(rest, policy, stretch, token), token);
  }

  /** The tokens that are looked for at the same time. */
  private static final class Round {
    /** The tokens by their first character, the longest first. */
    private final Map<Character, List<AddedToken>> byFirst = new HashMap<>();

    private final boolean onlySpecial;

    Round(List<AddedToken> tokens) {
      onlySpecial = tokens.stream().allMatch(AddedToken::special);
      for (AddedToken token : tokens) {
        byFirst.computeIfAbsent(token.content().charAt(0), c -> new ArrayList<>()).add(token);
      }
      Comparator<AddedToken> longestFirst =
          Comparator.comparingInt((AddedToken token) -> token.content().length()).reversed();
      byFirst.values().forEach(list -> list.sort(longestFirst));
    }

    void split(String text, SpecialTokens policy, Consumer<String> stretch, IntConsumer token) {
      boolean specialAsText = policy == SpecialTokens.AS_TEXT;
      int start = 0;
      int at = specialAsText && onlySpecial ? text.length() : 0;
      while (at < text.length()) {
        AddedToken match = longest(text, at);
        if (match == null) {
          at++;
          continue;
        }
        int end = at + match.content().length();
        // A special token that is taken as text still hides the others that it overlaps.
        if (!match.special() || !specialAsText) {
          hand(text, start, at, stretch);
          token.accept(match.id());
          start = end;
        }
        at = end;
      }
      hand(text, start, text.length(), stretch);
    }

    private @Nullable AddedToken longest(String text, int at) {
      for (AddedToken token : byFirst.getOrDefault(text.charAt(at), List.of())) {
        if (text.startsWith(token.content(), at)) {
          return token;
        }
      }
      return null;
    }

    /** Whether a token is at {@code start} and reaches to {@code end} at least. */
    boolean reach(StringBuilder text, int start, int end) {
      for (AddedToken token : byFirst.getOrDefault(text.charAt(start), List.of())) {
        String content = token.content();
        int length = content.length();
        if (start + length < end) {
          return false; // the longest come first
        }
        if (start + length <= text.length()
            && CharSequence.compare(text.subSequence(start, start + length), content) == 0) {
          return true;
        }
      }
      return false;
    }

    private static void hand(String text, int start, int end, Consumer<String> stretch) {
      if (start < end) {
        stretch.accept(text.substring(start, end));
      }
    }
  }
}
