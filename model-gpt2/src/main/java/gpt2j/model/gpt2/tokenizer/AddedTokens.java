package gpt2j.model.gpt2.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that are cut out of a text before byte pair encoding sees it: special ones such as
 * {@code <|endoftext|>}, and words that were added to a trained vocabulary. Where several match,
 * the leftmost does, and of those the longest, as in Hugging Face tokenizers. Immutable.
 */
final class AddedTokens {
  private static final IntPredicate IN_WORDS = characters("\\w");
  private static final IntPredicate WHITE_SPACE = characters("\\s");

  private final Map<Integer, byte[]> bytes = new HashMap<>();
  private final Map<String, Integer> special = new LinkedHashMap<>();
  private final Round first;
  private final Round second;
  private final int size;
  private final int longest;
  private final boolean stripsLeft;

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
    stripsLeft = tokens.stream().anyMatch(AddedToken::stripLeft);
  }

  private static IntPredicate characters(String pattern) {
    var one = Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS).asMatchPredicate();
    return c -> one.test(Character.toString(c));
  }

  /** The bytes that {@code token} stands for, not to be changed; null when it is none of these. */
  byte @Nullable [] bytes(int token) {
    return bytes.get(token);
  }

  /** All of them. */
  List<AddedToken> all() {
    return Stream.concat(first.tokens.stream(), second.tokens.stream()).toList();
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
   * Whether what is found of them depends on both sides of a place of {@code text}: one stands
   * across it, recognised or not, takes white space across it, or must have no word beside it.
   *
   * @param orEnds whether one that ends there counts, too
   */
  boolean reachAcross(StringBuilder text, int place, boolean orEnds) {
    int left = place;
    while (left > 0 && WHITE_SPACE.test(text.codePointBefore(left))) {
      left--;
    }
    int right = place;
    while (right < text.length() && WHITE_SPACE.test(text.codePointAt(right))) {
      right++;
    }
    int from = Math.max(0, left - longest);
    String around = text.substring(from, Math.min(text.length(), right + longest));
    return first.reachAcross(around, place - from, orEnds)
        || second.reachAcross(around, place - from, orEnds)
        || left < place && right + longest > text.length() && stripsLeft;
  }

  /** Hands over {@code text} in its order: the added tokens, and the stretches between them. */
  void split(String text, SpecialTokens policy, Consumer<String> stretch, IntConsumer token) {
    first.split(text, policy, rest -> second.split(rest, policy, stretch, token), token);
  }

  /** The tokens that are looked for at the same time. */
  private static final class Round {
    private final List<AddedToken> tokens;
    private final TokenMatcher matcher;
    private final boolean onlySpecial;

    Round(List<AddedToken> tokens) {
      this.tokens = tokens;
      matcher = new TokenMatcher(tokens.stream().map(AddedToken::content).toList());
      onlySpecial = tokens.stream().allMatch(AddedToken::special);
    }

    void split(String text, SpecialTokens policy, Consumer<String> stretch, IntConsumer id) {
      boolean specialAsText = policy == SpecialTokens.AS_TEXT;
      if (tokens.isEmpty() || specialAsText && onlySpecial) {
        hand(text, 0, text.length(), stretch);
        return;
      }
      int start = 0;
      int searched = 0;
      for (TokenMatcher.Found found = matcher.find(text); found.advance(searched); ) {
        AddedToken token = tokens.get(found.word());
        int from = found.place();
        int to = from + token.content().length();
        // One that is taken as text, or within a word, still hides the others that it overlaps.
        searched = to;
        if (token.special() && specialAsText || token.singleWord() && isInWord(text, from, to)) {
          continue;
        }
        hand(text, start, token.stripLeft() ? afterBlanks(text, start, from) : from, stretch);
        id.accept(token.id());
        start = token.stripRight() ? beforeBlanks(text, to) : to;
      }
      hand(text, start, text.length(), stretch);
    }

    private static boolean isInWord(String text, int from, int to) {
      return from > 0 && IN_WORDS.test(text.codePointBefore(from))
          || to < text.length() && IN_WORDS.test(text.codePointAt(to));
    }

    /** Where the white space begins that ends at {@code end}; not before {@code start}. */
    private static int afterBlanks(String text, int start, int end) {
      int at = end;
      while (at > start && WHITE_SPACE.test(text.codePointBefore(at))) {
        at--; // none takes two characters
      }
      return at;
    }

    /** Where the white space ends that begins at {@code start}. */
    private static int beforeBlanks(String text, int start) {
      int at = start;
      while (at < text.length() && WHITE_SPACE.test(text.codePointAt(at))) {
        at++;
      }
      return at;
    }

    boolean reachAcross(String text, int place, boolean orEnds) {
      int at = 0;
      for (TokenMatcher.Found found = matcher.find(text); found.advance(at); ) {
        AddedToken token = tokens.get(found.word());
        int start = found.place();
        int end = start + token.content().length();
        boolean across = start < place && end > place;
        // The white space behind it goes with it, and what follows begins anew.
        boolean beside =
            orEnds
                && (end == place
                    || end < place && token.stripRight() && beforeBlanks(text, end) == place);
        boolean besideWord = token.singleWord() && (start == place || end == place);
        boolean blanks =
            end <= place && token.stripRight() && beforeBlanks(text, end) > place
                || start >= place && token.stripLeft() && afterBlanks(text, 0, start) < place;
        if (across || beside || besideWord || blanks) {
          return true;
        }
        at = start + 1;
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
