package gpt2j.model.gpt2.stories;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** What the stories look like. */
class StoriesTest {
  private static final int COUNT = 3000;
  private static final Pattern WRONG =
      Pattern.compile(
          "[^A-Za-z0-9 .,;:!?'\"\\n-]|  | [.,!?]|[.,]{2}|\\n{3}|[ab]~|(?m)^ | $"
              + "|\\b[aA] [aeiouAEIOU]|\\b[aA]n (?!hour)[^aeiouAEIOU]|\\b(\\w+) \\1\\b");
  private static final List<String> STORIES =
      IntStream.range(0, COUNT).mapToObj(new Stories(9)::story).toList();

  @Test
  void theyAreWellFormed() {
    for (String story : STORIES) {
      var wrong = WRONG.matcher(story);
      assertFalse(wrong.find(), () -> "at " + wrong.start() + ": " + story);
      assertTrue(story.matches("(?s)[A-Z].*[.!?]\"?"), story);
      assertTrue(story.length() > 300 && story.length() < 3000, story);
      assertEquals(0, story.chars().filter(c -> c == '"').count() % 2, story);
      for (String paragraph : story.split("\n\n")) {
        assertFalse(paragraph.contains("\n"), story);
        assertTrue(paragraph.matches("[A-Z\"].*[.!?]\"?"), paragraph);
        // A sentence begins with a capital letter.
        assertFalse(Pattern.compile("[.] [a-z]").matcher(paragraph).find(), paragraph);
      }
    }
  }

  @Test
  void theHeroIsInEachStoryAndHasOneSex() {
    Pattern name = Pattern.compile("(?:named|called|name was|^)\\s?([A-Z][a-z]+)");
    int known = 0;
    for (String story : STORIES) {
      var found = name.matcher(story.substring(0, story.indexOf('.')));
      if (found.find() && !Set.of("Once", "There", "Long", "A", "An").contains(found.group(1))) {
        known++;
        assertTrue(story.split("\\b" + found.group(1) + "\\b").length > 2, story);
      }
    }
    assertTrue(known > COUNT / 4, "names: " + known);
  }

  @Test
  void theyAreVaried() throws IOException {
    assertEquals(COUNT, new HashSet<>(STORIES).size());
    String all = String.join("\n", STORIES);
    Set<String> words = new HashSet<>(Arrays.asList(all.toLowerCase().split("[^a-z']+")));
    assertTrue(words.size() > 1000, "words: " + words.size());
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write(all.getBytes(StandardCharsets.US_ASCII));
    }
    assertTrue(packed.size() > all.length() * 0.17, "packed: " + packed.size());
  }

  @Test
  void aStoryIsAFunctionOfSeedAndNumber() {
    Stories again = new Stories(9);
    for (int i : new int[] {77, 3, 2999, 3}) {
      assertEquals(STORIES.get(i), again.story(i));
    }
    assertNotEquals(STORIES.get(0), new Stories(8).story(0));
    assertThrows(IllegalArgumentException.class, () -> again.story(-1));
  }
}
