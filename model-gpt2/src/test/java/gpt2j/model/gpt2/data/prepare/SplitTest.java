package gpt2j.model.gpt2.data.prepare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is for validation. */
class SplitTest {
  private final Random random = new Random(8);

  /** Takes documents as they come. */
  private static final class Collected implements DocumentSink {
    private final List<String> documents = new ArrayList<>();
    private final StringBuilder current = new StringBuilder();

    @Override
    public void text(String text) {
      assertFalse(text.isEmpty());
      current.append(text);
    }

    @Override
    public void end() {
      assertFalse(current.isEmpty(), "an empty document");
      documents.add(current.toString());
      current.setLength(0);
    }
  }

  private long[] sizes() {
    int largest = 1 << random.nextInt(1, 20);
    return random.longs(random.nextInt(1, 200), 1, largest + 1).toArray();
  }

  @Test
  void itHasTheSizeItShouldHave() {
    int whole = 0;
    for (int round = 0; round < 3000; round++) {
      long[] sizes = sizes();
      long all = Arrays.stream(sizes).sum();
      double fraction = random.nextDouble();
      long wanted = (long) (all * fraction);
      Split split = new Split(sizes, fraction, random.nextLong());
      long taken = 0;
      for (int i = 0; i < sizes.length; i++) {
        taken += Math.max(0, sizes[i] - split.kept(i));
      }
      assertEquals(wanted > 0, split.isThere());
      assertEquals(wanted, taken, 0.2 * wanted + 1e-9);
      assertTrue(taken < all, "nothing to train on");
      whole += split.cuts() ? 0 : 1;
    }
    assertTrue(whole > 1500, "of whole documents: " + whole);
  }

  @Test
  void manyDocumentsStayWholeAndAnyOfThemMayBeTaken() {
    long[] sizes = random.longs(100, 900, 1100).toArray();
    int[] times = new int[sizes.length];
    for (int seed = 0; seed < 1000; seed++) {
      Split split = new Split(sizes, 0.1, seed);
      assertFalse(split.cuts());
      for (int i = 0; i < sizes.length; i++) {
        times[i] += split.kept(i) == 0 ? 1 : 0;
      }
    }
    assertEquals(10_000, Arrays.stream(times).sum(), 500);
    for (int count : times) {
      assertEquals(100, count, 50); // five standard deviations
    }
  }

  @Test
  void nothingIsTakenWhereNothingIsWantedOrThereIsTooLittle() {
    assertFalse(new Split(new long[] {5, 7}, 0, 1).isThere());
    assertFalse(new Split(new long[] {4}, 0.1, 1).isThere());
    assertFalse(new Split(new long[] {1}, 0.99, 1).isThere());
  }

  @Test
  void ofTwoLongDocumentsTheEndOfOneIsCutOff() {
    Split split = new Split(new long[] {101_000, 153_000}, 0.1, 0);
    assertTrue(split.cuts());
    assertEquals(
        25_400, Math.max(0, 101_000 - split.kept(0)) + Math.max(0, 153_000 - split.kept(1)));
  }

  /** Texts of all kinds of characters, some of them without any good place to cut. */
  private String text(int size) {
    int[][] ranges = {
      {'a', 'z'}, {0x4E00, 0x9FFF}, {0x1F600, 0x1F640}, {0x300, 0x310}, {' ', ' '}, {'\n', '\r'}
    };
    int kinds = 1 + random.nextInt(ranges.length);
    StringBuilder text = new StringBuilder();
    while (text.length() < size) {
      int[] range = ranges[random.nextInt(kinds)];
      text.appendCodePoint(random.nextInt(range[0], range[1] + 1));
    }
    return text.toString();
  }

  @Test
  void bothSidesAreTheDocumentsWhateverTheirParts() {
    for (int round = 0; round < 2000; round++) {
      List<String> documents =
          random.ints(random.nextInt(1, 5), 1, 400).mapToObj(this::text).toList();
      long[] sizes = documents.stream().mapToLong(String::length).toArray();
      Split split = new Split(sizes, random.nextDouble(), random.nextLong());
      Collected train = new Collected();
      Collected validation = new Collected();
      SplitDocuments both = new SplitDocuments(train, validation, split, sizes);
      for (String document : documents) {
        for (int at = 0; at < document.length(); ) {
          int end = Math.min(document.length(), at + random.nextInt(1, 300));
          end = document.offsetByCodePoints(end, 0);
          if (end < document.length() && Character.isLowSurrogate(document.charAt(end))) {
            end++;
          }
          both.text(document.substring(at, end));
          at = end;
        }
        both.end();
      }
      for (int i = 0; i < sizes.length; i++) {
        String document = documents.get(i);
        if (split.kept(i) == 0) {
          assertEquals(document, validation.documents.removeFirst());
        } else if (split.kept(i) == Long.MAX_VALUE) {
          assertEquals(document, train.documents.removeFirst());
        } else {
          String first = train.documents.removeFirst();
          if (first.equals(document)) {
            assertTrue(split.kept(i) == 1, "it could have been cut");
            continue;
          }
          String second = validation.documents.removeFirst();
          assertEquals(document, first + second);
          assertTrue(
              StandardCharsets.UTF_8.newEncoder().canEncode(first)
                  && StandardCharsets.UTF_8.newEncoder().canEncode(second),
              "half a surrogate pair");
          long wanted = sizes[i] - split.kept(i);
          assertTrue(
              first.length() >= split.kept(i) - 1 && second.length() >= wanted * 0.9 - 20,
              () -> "%d instead of %d".formatted(second.length(), wanted));
        }
      }
      assertTrue(train.documents.isEmpty() && validation.documents.isEmpty());
    }
  }
}
