package gpt2j.model.gpt2.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The longest word at each place, found with a look at each word, and by the automaton. */
class TokenMatcherTest {
  private static final String[] LETTERS = {
    "a", "b", "ab", "\ud83d\ude00", "\ud83d\ude01", "\uffff"
  };

  @Test
  void findsTheLongestWordAtEachPlace() {
    SplittableRandom random = new SplittableRandom(3);
    int matches = 0;
    for (int i = 0; i < 3000; i++) {
      Set<String> words = new TreeSet<>();
      for (int n = random.nextInt(9); n > 0; n--) {
        words.add(text(random, random.nextInt(1, 6)));
      }
      List<String> list = new ArrayList<>(words);
      Collections.shuffle(list, new java.util.Random(i));
      String text = text(random, random.nextInt(30));
      List<String> expected = naive(list, text);
      assertEquals(expected, found(list, text), () -> list + " in " + text);
      matches += expected.size();
    }
    assertTrue(matches > 5_000, "matches: " + matches);
  }

  private static String text(SplittableRandom random, int letters) {
    return random
        .ints(letters, 0, LETTERS.length)
        .mapToObj(i -> LETTERS[i])
        .reduce("", String::concat);
  }

  private static List<String> naive(List<String> words, String text) {
    List<String> found = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int place = at;
      String longest =
          words.stream()
              .filter(word -> text.startsWith(word, place))
              .max((a, b) -> a.length() - b.length())
              .orElse("");
      if (!longest.isEmpty()) {
        found.add(place + " " + longest);
      }
      at += Math.max(1, longest.length());
    }
    return found;
  }

  private static List<String> found(List<String> words, String text) {
    List<String> all = new ArrayList<>();
    int from = 0;
    for (TokenMatcher.Found found = new TokenMatcher(words).find(text); found.advance(from); ) {
      String word = words.get(found.word());
      all.add(found.place() + " " + word);
      from = found.place() + word.length();
    }
    return all;
  }

  /** A look at each word that begins alike would take minutes, one at each prefix hours. */
  @Test
  void manyWordsThatOverlapTakeNoLonger() {
    List<String> words =
        new ArrayList<>(IntStream.range(0, 200_000).mapToObj(i -> "a" + i + "!").toList());
    IntStream.rangeClosed(1, 1000).mapToObj("a"::repeat).forEach(words::add);
    words.add("a".repeat(300_000) + "b");
    String text = "a".repeat(400_000) + "a199999!";
    List<String> found = found(words, text);
    assertEquals(401, found.size());
    assertEquals("400000 a199999!", found.getLast());
  }

  @Test
  void tooManyCharactersAreRefused() {
    String word = "a".repeat(1 << 24);
    List<String> words = List.of(word + "b", word + "c");
    assertEquals(
        "the added tokens have 33554434 characters, the limit is 33554432",
        assertThrows(TokenizerException.class, () -> new TokenMatcher(words)).getMessage());
  }
}
