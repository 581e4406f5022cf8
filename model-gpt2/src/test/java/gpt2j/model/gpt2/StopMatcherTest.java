package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class StopMatcherTest {
  /** Over an alphabet of two letters, so that stop strings begin, fail and overlap all the time. */
  @Test
  void cutsWhereTheFirstStopStringIsComplete() {
    Random random = new Random(1);
    int stopped = 0;
    for (int round = 0; round < 20_000; round++) {
      List<String> stops =
          IntStream.range(0, random.nextInt(4)).mapToObj(i -> letters(random, 1, 5)).toList();
      String text = letters(random, 0, 30);
      StopMatcher matcher = new StopMatcher(stops);
      StringBuilder out = new StringBuilder();
      int position = 0;
      while (position < text.length()) {
        int end = Math.min(text.length(), position + random.nextInt(5));
        out.append(matcher.push(text.substring(position, end)));
        position = end;
        String certain = certainText(text.substring(0, position), stops);
        assertEquals(certain, out.toString(), "of " + text + " before " + stops);
      }
      stopped += matcher.stopped() ? 1 : 0;
      out.append(matcher.finish());
      assertEquals(textBeforeStop(text, stops), out.toString(), "of " + text + " before " + stops);
    }
    assertTrue(stopped > 5_000 && stopped < 15_000, "stopped " + stopped);
  }

  /** The whole text before the stop string that is complete first, or all of it. */
  private static String textBeforeStop(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String read = text.substring(0, end);
      var longest = stops.stream().filter(read::endsWith).mapToInt(String::length).max();
      if (longest.isPresent()) {
        return read.substring(0, end - longest.getAsInt());
      }
    }
    return text;
  }

  /** The most that can be said while more text may follow: what is in every possible outcome. */
  private static String certainText(String text, List<String> stops) {
    String before = textBeforeStop(text, stops);
    if (before.length() < text.length()) {
      return before;
    }
    List<Integer> lengths = new ArrayList<>(List.of(text.length()));
    for (String stop : stops) {
      for (int length = 1; length < stop.length(); length++) {
        if (text.endsWith(stop.substring(0, length))) {
          lengths.add(text.length() - length);
        }
      }
    }
    return text.substring(0, lengths.stream().min(Integer::compare).orElseThrow());
  }

  private static String letters(Random random, int from, int to) {
    StringBuilder letters = new StringBuilder();
    for (int i = random.nextInt(from, to); i > 0; i--) {
      letters.append(random.nextBoolean() ? 'a' : 'b');
    }
    return letters.toString();
  }
}
