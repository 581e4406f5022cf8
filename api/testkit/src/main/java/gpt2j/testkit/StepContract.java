package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.Backend#record} and {@link gpt2j.api.Operations#advance}. */
abstract class StepContract extends Contract {
  StepContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 33, 100})
  void advanceMakesTheNextBatch(int rows) {
    compare(
        bench -> {
          int[] values = new int[rows];
          Arrays.setAll(values, i -> 7 * i + 3);
          TokenBatch batch = bench.batch(new Rows(values, values.clone(), values.clone()));
          Arrays.setAll(values, i -> 50_256 - i);
          bench.operations().advance(batch, bench.ints(values));
          show(bench, batch, "advanced");
          Arrays.setAll(values, i -> i);
          bench.operations().advance(batch, bench.ints(values));
          show(bench, batch, "advanced twice");
        });
  }

  @Test
  void advanceOfAViewLeavesTheOtherRows() {
    compare(
        bench -> {
          TokenBatch batch = bench.batch(Rows.ofSlot(3, 10, 9));
          bench.operations().advance(batch.first(4), bench.ints(1, 2, 3, 4));
          show(bench, batch, "the first four advanced");
        });
  }

  private static void show(Workbench bench, TokenBatch batch, String label) {
    bench.show(label + ": tokens", batch.tokens(), 0);
    bench.show(label + ": positions", batch.positions(), 0);
    bench.show(label + ": slots", batch.slots(), 0);
  }

  @Test
  void recordingDoesNotRun() {
    onBackend(
        bench -> {
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 5, 1));
          Tensor sampled = bench.ints(7);
          Step step = bench.record("advance", () -> bench.operations().advance(batch, sampled));
          assertEquals("advance", step.name());
          assertArrayEquals(new int[] {5}, bench.readInts(batch.positions()));
          step.run();
          assertArrayEquals(new int[] {6}, bench.readInts(batch.positions()));
          assertArrayEquals(new int[] {7}, bench.readInts(batch.tokens()));
        });
  }

  @Test
  void runsAreQueuedInOrderWithOperationsAndWrites() {
    onBackend(
        bench -> {
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, 2));
          Tensor sampled = bench.ints(0, 0);
          Step step = bench.record("advance", () -> bench.operations().advance(batch, sampled));
          for (int run = 0; run < 500; run++) {
            bench.write(sampled, run, -run);
            step.run();
            bench.operations().advance(batch, sampled);
            step.run();
          }
          assertArrayEquals(new int[] {1500, 1501}, bench.readInts(batch.positions()));
          assertArrayEquals(new int[] {499, -499}, bench.readInts(batch.tokens()));
        });
  }

  /** Steps queued ahead of the host, recorded or not: it takes what each sampled, in order. */
  @Test
  void tokensAreTakenInOrder() {
    onBackend(
        bench -> {
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, 3));
          Tensor sampled = bench.ints(0, 0, 0);
          TokenQueue queue = bench.keep(bench.backend().tokenQueue(3));
          Step step =
              bench.record("advance", () -> bench.operations().advance(batch, sampled, queue));
          assertEquals(3, queue.rows());
          int put = 0;
          int taken = 0;
          int[] tokens = new int[3];
          while (taken < 100) {
            while (put <= taken + queue.depth()) {
              bench.write(sampled, put, -put, 7 * put);
              if (put % 3 == 0) {
                bench.operations().advance(batch, sampled, queue);
              } else {
                step.run();
              }
              put++;
            }
            queue.take(tokens);
            assertArrayEquals(new int[] {taken, -taken, 7 * taken}, tokens);
            taken++;
          }
          assertArrayEquals(new int[] {put, put + 1, put + 2}, bench.readInts(batch.positions()));
        });
  }

  @Test
  void tokensUnderWayCanBeForgotten() {
    onBackend(
        bench -> {
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, 2));
          Tensor sampled = bench.ints(0, 0);
          TokenQueue queue = bench.keep(bench.backend().tokenQueue(2));
          int[] tokens = new int[2];
          for (int round = 0; round < 20; round++) {
            for (int i = 0; i <= queue.depth(); i++) {
              bench.operations().advance(batch, sampled, queue);
            }
            queue.clear();
            assertThrows(IllegalStateException.class, () -> queue.take(tokens));
            bench.write(sampled, round, 5);
            bench.operations().advance(batch, sampled, queue);
            queue.take(tokens);
            assertArrayEquals(new int[] {round, 5}, tokens);
          }
        });
  }

  @Test
  void aFullQueueTakesNoMore() {
    onBackend(
        bench -> {
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, 1));
          Tensor sampled = bench.ints(9);
          TokenQueue queue = bench.keep(bench.backend().tokenQueue(1));
          Step step =
              bench.record("advance", () -> bench.operations().advance(batch, sampled, queue));
          for (int i = 0; i <= queue.depth(); i++) {
            step.run();
          }
          assertThrows(
              IllegalStateException.class, () -> bench.operations().advance(batch, sampled, queue));
          assertThrows(IllegalStateException.class, step::run);
          int[] tokens = new int[1];
          queue.take(tokens);
          step.run();
          for (int i = 0; i <= queue.depth(); i++) {
            queue.take(tokens);
            assertEquals(9, tokens[0]);
          }
        });
  }

  @Test
  void queuesAreIndependentAndMayBeClosedAnyTime() {
    onBackend(
        bench -> {
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, 1));
          Tensor sampled = bench.ints(1);
          TokenQueue first = bench.backend().tokenQueue(1);
          TokenQueue second = bench.keep(bench.backend().tokenQueue(1));
          int[] tokens = new int[1];
          bench.operations().advance(batch, sampled, first);
          bench.write(sampled, 2);
          bench.operations().advance(batch, sampled, second);
          first.close(); // with an entry under way
          first.close();
          second.take(tokens);
          assertEquals(2, tokens[0]);
          assertThrows(IllegalStateException.class, () -> second.take(tokens));
        });
  }

  @Test
  void stepsAreIndependent() {
    onBackend(
        bench -> {
          TokenBatch one = bench.batch(Rows.ofSlot(0, 0, 1));
          TokenBatch two = bench.batch(Rows.ofSlot(0, 0, 1));
          Tensor sampled = bench.ints(1);
          Step first = bench.record("first", () -> bench.operations().advance(one, sampled));
          Step second = bench.record("second", () -> bench.operations().advance(two, sampled));
          first.run();
          second.run();
          first.close();
          first.close();
          second.run();
          assertEquals("second", second.name());
          assertArrayEquals(new int[] {1}, bench.readInts(one.positions()));
          assertArrayEquals(new int[] {2}, bench.readInts(two.positions()));
        });
  }

  /** The rows gathered follow from values on the device, which change between runs. */
  @Test
  void valuesOnTheDeviceMayChange() {
    onBackend(
        bench -> {
          Tensor x = bench.floats(Numbers.random(1, 5 * 3, 1), 5, 3);
          Tensor out = bench.floats(1, 3);
          Tensor wanted = bench.ints(0);
          Step step = bench.record("gather", () -> bench.operations().selectRows(out, x, wanted));
          for (int row : new int[] {3, 0, 4, 4, 1}) {
            bench.write(wanted, row);
            step.run();
            assertArrayEquals(bench.read(x.rows(row, 1)), bench.read(out), "row " + row);
          }
        });
  }

  @Test
  void aRecordedDecoderEqualsDirectCalls() {
    for (SamplingParameters parameters :
        List.of(
            SamplingParameters.greedy(),
            SamplingParameters.random(7),
            new SamplingParameters(0.9f, 20, 0.95f, 0.01f, 1.2f, 8))) {
      List<Reading> direct = readings(backend(), bench -> decode(bench, parameters, false));
      List<Reading> recorded = readings(backend(), bench -> decode(bench, parameters, true));
      Reading.assertSame(direct, recorded);
      assertFalse(
          Arrays.stream(direct.get(1).values()).allMatch(v -> v == direct.get(1).values()[0]));
      List<Reading> expected =
          readings(subject().reference(), bench -> decode(bench, parameters, true));
      Reading.assertEqual(expected, recorded);
    }
  }

  /** Three sequences of different lengths, 30 tokens each, without a look from the host. */
  private static void decode(Workbench bench, SamplingParameters parameters, boolean recorded) {
    TinyDecoder decoder = new TinyDecoder(bench, 3, parameters);
    Step step = recorded ? bench.record("decode", decoder::step) : null;
    List<float[]> logits = new ArrayList<>();
    for (int run = 0; run < 30; run++) {
      if (step != null) {
        step.run();
      } else {
        decoder.step();
      }
      if (run % 10 == 9) {
        logits.add(bench.read(decoder.logits()));
      }
    }
    bench.show("positions", decoder.batch().positions(), 0);
    bench.show("tokens", decoder.batch().tokens(), 0);
    for (float[] values : logits) {
      bench.show("logits", values, TinyDecoder.VOCABULARY, 1e-4);
    }
  }
}
