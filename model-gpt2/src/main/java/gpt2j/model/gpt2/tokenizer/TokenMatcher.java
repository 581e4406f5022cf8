package gpt2j.model.gpt2.tokenizer;

import com.knuddels.jtokkit.api.IntArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Finds which of many words begin where in a text, in a time linear in the text however many words
 * there are and however they overlap: Aho and Corasick (1975), with words and text backwards, since
 * their automaton knows at each character the longest word that ends there. Immutable.
 */
final class TokenMatcher {
  private static final int ROOT = 0;
  private static final int NONE = -1;

  /** More than a vocabulary can need; the automaton has a state for each character. */
  private static final int MOST_CHARACTERS = 1 << 25;

  // The states are numbered breadth first, so that those that follow one are neighbours: those of
  // state s are firstNext[s] to firstNext[s + 1], in the order of their characters.
  private final int[] firstNext;
  private final char[] character;

  /** The state for the longest other suffix of what was read that begins a word. */
  private final int[] shorter;

  /** The longest word that what was read ends in, or {@link #NONE}. */
  private final int[] word;

  /**
   * A matcher.
   *
   * @param words aren't empty and differ
   * @throws TokenizerException when they are too long altogether
   */
  TokenMatcher(List<String> words) {
    long characters = words.stream().mapToLong(String::length).sum();
    if (characters > MOST_CHARACTERS) {
      throw new TokenizerException(
          "the added tokens have %d characters, the limit is %d"
              .formatted(characters, MOST_CHARACTERS));
    }
    Trie trie = new Trie(words, (int) characters + 1);
    firstNext = trie.firstNext();
    character = trie.character();
    word = trie.word;
    shorter = new int[firstNext.length - 1];
    link(trie.parent);
  }

  /** The states, level by level, of words that are read backwards. */
  private static final class Trie {
    private int[] firstNext;
    private char[] character;
    private int[] parent;
    private int[] word;
    private int states = 1;

    Trie(List<String> words, int most) {
      firstNext = new int[most + 1];
      character = new char[most];
      parent = new int[most];
      word = new int[most];
      Arrays.fill(word, NONE);
      List<String> reversed = new ArrayList<>(words.size());
      words.forEach(w -> reversed.add(backwards(w)));
      Integer[] order = new Integer[words.size()];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, Comparator.comparing(reversed::get));
      grow(reversed, order);
    }

    /** Not {@link StringBuilder#reverse()}, which keeps the order of surrogates. */
    private static String backwards(String text) {
      char[] reversed = new char[text.length()];
      for (int i = 0; i < reversed.length; i++) {
        reversed[i] = text.charAt(reversed.length - 1 - i);
      }
      return new String(reversed);
    }

    /** Words in their order; those that share what was read so far are neighbours in it. */
    private void grow(List<String> words, Integer[] order) {
      int[] state = new int[order.length];
      int alive = order.length;
      int level = 0;
      int first = ROOT;
      while (first < states) {
        int end = states;
        int at = first;
        int kept = 0;
        for (int i = 0; i < alive; i++) {
          String text = words.get(order[i]);
          while (at <= state[i]) {
            firstNext[at++] = states;
          }
          if (level == text.length()) {
            word[state[i]] = order[i];
            continue;
          }
          char c = text.charAt(level);
          if (firstNext[state[i]] == states || character[states - 1] != c) {
            character[states] = c;
            parent[states] = state[i];
            states++;
          }
          order[kept] = order[i];
          state[kept++] = states - 1;
        }
        while (at < end) {
          firstNext[at++] = states;
        }
        alive = kept;
        level++;
        first = end;
      }
    }

    private int[] firstNext() {
      firstNext[states] = states;
      word = Arrays.copyOf(word, states);
      parent = Arrays.copyOf(parent, states);
      return Arrays.copyOf(firstNext, states + 1);
    }

    private char[] character() {
      return Arrays.copyOf(character, states);
    }
  }

  /** Shorter states have lower numbers, so that theirs are known already. */
  private void link(int... parent) {
    for (int state = 1; state < shorter.length; state++) {
      int from = parent[state];
      shorter[state] = from == ROOT ? ROOT : after(shorter[from], character[state]);
      if (word[state] == NONE) {
        word[state] = word[shorter[state]];
      }
    }
  }

  private int after(int state, char c) {
    int from = state;
    while (true) {
      int next = Arrays.binarySearch(character, firstNext[from], firstNext[from + 1], c);
      if (next >= 0) {
        return next;
      }
      if (from == ROOT) {
        return ROOT;
      }
      from = shorter[from];
    }
  }

  /** The longest words at all places of a text where one begins, from its start on. */
  Found find(String text) {
    IntArrayList places = new IntArrayList();
    IntArrayList words = new IntArrayList();
    int state = ROOT;
    for (int at = text.length() - 1; at >= 0; at--) {
      state = after(state, text.charAt(at));
      if (word[state] != NONE) {
        places.add(at);
        words.add(word[state]);
      }
    }
    return new Found(places, words);
  }

  /** What was found, to be gone through once. */
  static final class Found {
    private final IntArrayList places;
    private final IntArrayList words;
    private int left;
    private int current = NONE;

    private Found(IntArrayList places, IntArrayList words) {
      this.places = places;
      this.words = words;
      left = places.size();
    }

    /** Goes on to the next word that begins at {@code from} or after it; false if there is none. */
    boolean advance(int from) {
      do {
        left--;
      } while (left >= 0 && places.get(left) < from);
      current = left;
      return left >= 0;
    }

    /** Where the word begins. */
    int place() {
      return places.get(current);
    }

    /** The number of the word. */
    int word() {
      return words.get(current);
    }
  }
}
