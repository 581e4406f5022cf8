package gpt2j.model.gpt2.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What batches hold: each token is its own index, so that a batch shows where it is from. */
class BatchesTest {
  private static TokenSequence numbers(int size) {
    return TokenSequence.of(IntStream.range(0, size).toArray());
  }

  /** Inputs and targets of a batch, one behind the other. */
  private static int[] batch(Batches batches, long number) {
    int size = batches.rows() * batches.length();
    int[] inputs = new int[size];
    int[] targets = new int[size];
    Arrays.fill(inputs, -7);
    Arrays.fill(targets, -7);
    batches.fill(number, inputs, targets);
    return IntStream.concat(Arrays.stream(inputs), Arrays.stream(targets)).toArray();
  }

  private static List<Batches> some(Random random) {
    int rows = 1 + random.nextInt(5);
    int length = 1 + random.nextInt(9);
    int size = rows * length + 30 + random.nextInt(300);
    TokenSequence tokens = numbers(size);
    int stride = 1 + random.nextInt(Math.min(2 * length, 6));
    return List.of(
        Batches.random(tokens, rows, length, random.nextLong()),
        Batches.windows(tokens, rows, length, stride, random.nextLong()),
        Batches.inOrder(tokens, rows, length));
  }

  @Test
  void aBatchDependsOnItsNumberAlone() {
    Random random = new Random(1);
    for (int round = 0; round < 50; round++) {
      for (Batches batches : some(random)) {
        int count = 40;
        List<int[]> forward = IntStream.range(0, count).mapToObj(k -> batch(batches, k)).toList();
        for (int i = 0; i < count; i++) {
          int k = random.nextInt(count);
          assertArrayEquals(forward.get(k), batch(batches, k));
        }
      }
    }
  }

  @Test
  void targetsAreTheNextTokens() {
    Random random = new Random(2);
    for (int round = 0; round < 100; round++) {
      for (Batches batches : some(random)) {
        int size = batches.rows() * batches.length();
        int[] all = batch(batches, random.nextLong(1L << 40));
        for (int i = 0; i < size; i++) {
          boolean ignored = all[size + i] == Batches.IGNORED;
          assertEquals(ignored ? 0 : all[size + i] - 1, all[i]);
          boolean inRow = i % batches.length() > 0 && !ignored;
          assertEquals(inRow ? all[i - 1] + 1 : all[i], all[i]);
        }
      }
    }
  }

  @Test
  void randomPlacesReachAllTokensAndDifferBetweenSeeds() {
    Batches batches = Batches.random(numbers(100), 4, 7, 5);
    BitSet starts = new BitSet();
    for (int k = 0; k < 1000; k++) {
      int[] all = batch(batches, k);
      IntStream.range(0, 4).forEach(row -> starts.set(all[row * 7]));
    }
    assertEquals(93, starts.cardinality(), "every place but those without a token after them");
    assertEquals(93, starts.length());
    Batches others = Batches.random(numbers(100), 4, 7, 6);
    assertTrue(
        IntStream.range(0, 20).anyMatch(k -> !Arrays.equals(batch(batches, k), batch(others, k))));
  }

  @Test
  void randomPlacesAreEvenlySpread() {
    Batches batches = Batches.random(numbers(11), 10, 1, 3);
    int[] counts = new int[10];
    for (int k = 0; k < 10_000; k++) {
      int[] all = batch(batches, k);
      IntStream.range(0, 10).forEach(row -> counts[all[row]]++);
    }
    // Standard deviation 95: six of them are beyond chance.
    Arrays.stream(counts).forEach(count -> assertEquals(10_000, count, 600));
  }

  @Test
  void aPassHasEachWindowOnceInAnotherOrder() {
    Random random = new Random(3);
    for (int round = 0; round < 100; round++) {
      int length = 1 + random.nextInt(8);
      int stride = 1 + random.nextInt(2 * length);
      int size = length + 1 + random.nextInt(200);
      int windows = (int) IntStream.iterate(0, i -> i < size - length, i -> i + stride).count();
      int rows = 1 + random.nextInt(Math.min(windows, 4));
      Batches batches = Batches.windows(numbers(size), rows, length, stride, round);
      assertEquals(windows / rows, batches.perPass());
      List<List<Integer>> orders = new ArrayList<>();
      for (int pass = 0; pass < 3; pass++) {
        List<Integer> starts = new ArrayList<>();
        for (long k = 0; k < batches.perPass(); k++) {
          int[] all = batch(batches, pass * batches.perPass() + k);
          for (int row = 0; row < rows; row++) {
            starts.add(all[row * length]);
            assertEquals(0, all[row * length] % stride);
          }
        }
        assertEquals(starts.size(), new HashSet<>(starts).size());
        assertTrue(windows - starts.size() < rows, "what is left out doesn't fill a batch");
        orders.add(starts);
      }
      if (windows > 20) {
        assertEquals(3, new HashSet<>(orders).size());
        assertNotEquals(orders.getFirst().stream().sorted().toList(), orders.getFirst());
      }
    }
  }

  @Test
  void evaluationCoversEachTargetOnce() {
    Random random = new Random(4);
    for (int round = 0; round < 300; round++) {
      int size = 2 + random.nextInt(100);
      int rows = 1 + random.nextInt(4);
      int length = 1 + random.nextInt(30);
      Batches batches = Batches.inOrder(numbers(size), rows, length);
      List<Integer> targets = new ArrayList<>();
      for (long k = 0; k < batches.perPass(); k++) {
        int[] all = batch(batches, k);
        Arrays.stream(all).skip(all.length / 2).filter(t -> t >= 0).forEach(targets::add);
      }
      assertEquals(IntStream.range(1, size).boxed().toList(), targets);
      assertArrayEquals(batch(batches, 0), batch(batches, batches.perPass()));
    }
  }

  @Test
  void aShuffleIsAPermutation() {
    for (int bound : new int[] {1, 2, 3, 4, 5, 15, 16, 17, 1000, 4096, 4097}) {
      Shuffle shuffle = new Shuffle(new Draws(9, Draws.ORDER), bound);
      Set<Long> reached = new HashSet<>();
      for (int i = 0; i < bound; i++) {
        long at = shuffle.at(2, i);
        assertTrue(at >= 0 && at < bound);
        reached.add(at);
      }
      assertEquals(bound, reached.size());
    }
    long huge = (1L << 61) + 12345;
    Shuffle shuffle = new Shuffle(new Draws(9, Draws.ORDER), huge);
    Set<Long> reached = new HashSet<>();
    for (long i = 0; i < 1000; i++) {
      long at = shuffle.at(0, huge - 1 - i);
      assertTrue(at >= 0 && at < huge);
      reached.add(at);
    }
    assertEquals(1000, reached.size());
  }

  @Test
  void tooFewTokensAreRefused() {
    Batches.random(numbers(9), 4, 8, 0);
    assertThrows(DataException.class, () -> Batches.random(numbers(8), 4, 8, 0));
    Batches.windows(numbers(11), 2, 8, 2, 0);
    assertThrows(DataException.class, () -> Batches.windows(numbers(10), 2, 8, 2, 0));
    Batches.inOrder(numbers(2), 4, 8);
    assertThrows(DataException.class, () -> Batches.inOrder(numbers(1), 4, 8));
    Batches batches = Batches.inOrder(numbers(2), 4, 8);
    int[] room = new int[32];
    assertThrows(IllegalArgumentException.class, () -> batches.fill(-1, room, room));
    assertThrows(IllegalArgumentException.class, () -> batches.fill(0, new int[31], room));
    assertThrows(IllegalArgumentException.class, () -> Batches.inOrder(numbers(2), 0, 8));
  }
}
