package gpt2j.model.gpt2.tokenizer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How often any two tokens are neighbours in some words, kept up to date while they merge. */
final class PairCounts {
  /** A word, and how often it occurs. */
  static final class Word {
    private final long count;
    private int[] symbols;

    Word(int[] symbols, long count) {
      this.symbols = symbols;
      this.count = count;
    }
  }

  /** Two neighbours, and how often they occurred when they were put into the queue. */
  record Pair(long key, long count) {
    /** More frequent ones first, then smaller ids. */
    static final Comparator<Pair> ORDER =
        Comparator.comparingLong(Pair::count).reversed().thenComparingLong(Pair::key);

    int left() {
      return (int) (key >>> 32);
    }

    int right() {
      return (int) key;
    }
  }

  /** Where a pair is. */
  private static final class Places {
    private long count;

    /** Indices of words that have or had it; the first {@code size}. */
    private int[] words = new int[4];

    private int size;

    void add(int word) {
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, 2 * size);
      }
      words[size++] = word;
    }
  }

  private final List<Word> words;
  private final Map<Long, Places> places = new HashMap<>();

  /** Pairs with counts that may be out of date; each pair is there with one that isn't too low. */
  private final PriorityQueue<Pair> queue = new PriorityQueue<>(Pair.ORDER);

  PairCounts(List<Word> words) {
    this.words = words;
    for (int w = 0; w < words.size(); w++) {
      Word word = words.get(w);
      for (int i = 0; i + 1 < word.symbols.length; i++) {
        count(w, key(word.symbols[i], word.symbols[i + 1]), word.count);
      }
    }
    places.forEach((key, place) -> queue.add(new Pair(key, place.count)));
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  private void count(int word, long key, long times) {
    Places place = places.computeIfAbsent(key, _ -> new Places());
    place.count += times;
    place.add(word);
  }

  /** Takes the pair that occurs most often; null when no word has two symbols any more. */
  @Nullable Pair mostFrequent() {
    for (Pair pair = queue.poll(); pair != null; pair = queue.poll()) {
      Places place = places.get(pair.key());
      if (place == null || place.count <= 0) {
        continue;
      }
      if (place.count == pair.count()) {
        return pair;
      }
      if (place.count < pair.count()) {
        queue.add(new Pair(pair.key(), place.count));
      }
      // Where it occurs more often than that, it is in the queue again.
    }
    return null;
  }

  /** Makes {@code token} of a pair wherever it is. */
  void merge(Pair pair, int token) {
    Places place = places.remove(pair.key());
    if (place == null) {
      return;
    }
    Set<Long> grown = new LinkedHashSet<>();
    for (int i = 0; i < place.size; i++) {
      mergeIn(place.words[i], pair, token, grown);
    }
    for (long key : grown) {
      Places other = places.get(key);
      if (other != null && other.count > 0) {
        queue.add(new Pair(key, other.count));
      }
    }
  }

  private void mergeIn(int index, Pair pair, int token, Set<Long> grown) {
    Word word = words.get(index);
    int[] merged = merged(word.symbols, pair, token);
    if (merged.length == word.symbols.length) {
      return; // it is there no more
    }
    for (int i = 0; i + 1 < word.symbols.length; i++) {
      Places place = places.get(key(word.symbols[i], word.symbols[i + 1]));
      if (place != null) {
        place.count -= word.count;
      }
    }
    for (int i = 0; i + 1 < merged.length; i++) {
      long key = key(merged[i], merged[i + 1]);
      if (merged[i] == token || merged[i + 1] == token) {
        count(index, key, word.count);
        grown.add(key);
      } else {
        places.get(key).count += word.count;
      }
    }
    word.symbols = merged;
  }

  private static int[] merged(int[] symbols, Pair pair, int token) {
    int[] merged = new int[symbols.length];
    int size = 0;
    for (int i = 0; i < symbols.length; i++) {
      boolean match =
          i + 1 < symbols.length && symbols[i] == pair.left() && symbols[i + 1] == pair.right();
      merged[size++] = match ? token : symbols[i];
      i += match ? 1 : 0;
    }
    return size == symbols.length ? symbols : Arrays.copyOf(merged, size);
  }
}
