package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.AttentionProbe;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows whose slot is {@link TokenBatch#IDLE}. */
abstract class IdleRowsContract extends Contract {
  private static final int HEADS = 2;
  private static final int HEAD_SIZE = 16;
  private static final int WIDTH = HEADS * HEAD_SIZE;
  private static final int CAPACITY = 40;

  IdleRowsContract(BackendContract subject) {
    super(subject);
  }

  /** Every third row is idle, the first too; the others do as if they were alone. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 8, 9, 33, 40})
  void othersDoNotMindThem(int rows) {
    compare(
        bench -> {
          KvCache cache =
              bench.cache(new KvCacheSpec(1, HEADS, HEAD_SIZE, 2, CAPACITY, WeightFormat.F32));
          Tensor history =
              bench.floats(Numbers.random(1, CAPACITY * 3 * WIDTH, 1), CAPACITY, 3 * WIDTH);
          for (int slot = 0; slot < 2; slot++) {
            bench
                .operations()
                .appendKv(cache, 0, history, bench.batch(Rows.ofSlot(slot, 0, CAPACITY)));
          }
          List<Rows.Row> all = new ArrayList<>();
          for (int row = 0; row < rows; row++) {
            int slot = row % 3 == 0 ? TokenBatch.IDLE : row % 2;
            all.add(new Rows.Row(0, slot == TokenBatch.IDLE ? 0 : row / 2 + row % 2, slot));
          }
          TokenBatch batch = bench.batch(Rows.of(all));
          Tensor qkv = bench.floats(Numbers.random(rows, rows * 3 * WIDTH, 1), rows, 3 * WIDTH);
          bench.operations().appendKv(cache, 0, qkv, batch);
          for (int slot = 0; slot < 2; slot++) {
            float[][] read = bench.readKv(cache, 0, slot, CAPACITY);
            bench.show("keys of slot " + slot, read[0], WIDTH, 0);
            bench.show("values of slot " + slot, read[1], WIDTH, 0);
          }
          Tensor out = bench.floats(rows, WIDTH);
          bench.operations().attention(out, qkv, cache, 0, batch, 0.25f, AttentionProbe.NONE);
          for (int row = 0; row < rows; row++) {
            if (row % 3 != 0) {
              double tolerance = subject().cacheTolerance(WeightFormat.F32);
              bench.show("row " + row, out.rows(row, 1), tolerance);
            }
          }
        });
  }

  @Test
  void theyStayWhereTheyAre() {
    onBackend(
        bench -> {
          TokenBatch batch =
              bench.batch(
                  new Rows(
                      new int[] {5, 6, 7, 8},
                      new int[] {1, 0, 3, 0},
                      new int[] {0, TokenBatch.IDLE, 2, TokenBatch.IDLE}));
          TokenQueue queue = bench.keep(bench.backend().tokenQueue(6));
          Tensor sampled = bench.ints(10, 11, 12, 13);
          Step step =
              bench.record("advance", () -> bench.operations().advance(batch, sampled, queue));
          int[] taken = new int[6];
          for (int run = 1; run <= 3; run++) {
            step.run();
            queue.take(taken);
            int[] expected = {10, SamplingState.NO_TOKEN, 12, SamplingState.NO_TOKEN};
            assertArrayEquals(expected, Arrays.copyOf(taken, 4));
            assertArrayEquals(new int[] {10, 6, 12, 8}, bench.readInts(batch.tokens()));
            assertArrayEquals(
                new int[] {1 + run, 0, 3 + run, 0}, bench.readInts(batch.positions()));
          }
          bench.write(batch.slots(), 0, 1, TokenBatch.IDLE, 3);
          step.run();
          queue.take(taken);
          assertArrayEquals(
              new int[] {10, 11, SamplingState.NO_TOKEN, 13}, Arrays.copyOf(taken, 4));
          assertArrayEquals(new int[] {5, 1, 6, 1}, bench.readInts(batch.positions()));
        });
  }

  /** One queue for steps of different numbers of rows. */
  @Test
  void batchesOfDifferentSizesShareAQueue() {
    onBackend(
        bench -> {
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, 8));
          TokenQueue queue = bench.keep(bench.backend().tokenQueue(8));
          Tensor sampled = bench.ints(1, 2, 3, 4, 5, 6, 7, 8);
          int[] taken = new int[8];
          for (int rows : new int[] {8, 1, 4, 2, 8, 4, 1}) {
            bench.operations().advance(batch.first(rows), sampled.rows(0, rows), queue);
            queue.take(taken);
            for (int row = 0; row < rows; row++) {
              assertEquals(row + 1, taken[row], rows + " rows");
            }
          }
        });
  }
}
