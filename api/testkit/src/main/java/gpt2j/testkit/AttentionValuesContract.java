package gpt2j.testkit;

import gpt2j.api.AttentionProbe;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.Operations#attention} on unusual values, and its probe. */
abstract class AttentionValuesContract extends AttentionSupport {
  AttentionValuesContract(BackendContract subject) {
    super(subject);
  }

  /** Scores up to about ±20000, whole numbers so that no backend has to round them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 10, 60})
  void peakedAttentionNeitherOverflowsNorBlurs(int bound) {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 16, 1, 65, WeightFormat.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          int width = 3 * spec.width();
          Rows rows = Rows.ofSlot(0, 0, 65);
          TokenBatch batch = bench.batch(rows);
          float[] values = Numbers.randomWhole(bound, 65 * width, bound);
          Tensor qkv = bench.floats(values, 65, width);
          Tensor out = bench.floats(65, spec.width());
          bench.operations().appendKv(cache, 0, qkv, batch);
          bench.operations().attention(out, qkv, cache, 0, batch, 0.5f, AttentionProbe.NONE);
          bench.show("scores of whole numbers to " + bound, out, cacheTolerance(WeightFormat.F32));
        });
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1, 1, 0.125f, 3})
  void anyScale(float scale) {
    KvCacheSpec spec = new KvCacheSpec(1, 2, 24, 1, 33, WeightFormat.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, 33));
          Tensor qkv = qkv(bench, spec, 33, 5, 1);
          Tensor out = bench.floats(33, spec.width());
          bench.operations().appendKv(cache, 0, qkv, batch);
          bench.operations().attention(out, qkv, cache, 0, batch, scale, AttentionProbe.NONE);
          bench.show("scale " + scale, out, cacheTolerance(WeightFormat.F32));
        });
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void aProbeHasTheScores(WeightFormat type) {
    probed(type, true, false);
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void aProbeHasTheProbabilities(WeightFormat type) {
    probed(type, false, true);
  }

  @ParameterizedTest
  @FieldSource("CACHE_TYPES")
  void aProbeHasScoresAndProbabilities(WeightFormat type) {
    probed(type, true, true);
  }

  /** Rows of two slots, in no order; the result has the bits that it has without a probe. */
  private void probed(WeightFormat type, boolean scores, boolean probabilities) {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 20, 2, 37, type);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          poison(bench, cache);
          List<Rows.Row> both = new ArrayList<>(Rows.listOfSlot(1, 0, 30));
          both.addAll(Rows.listOfSlot(0, 0, 9));
          Rows rows = Rows.shuffled(both, 1);
          TokenBatch batch = bench.batch(rows);
          Tensor qkv = qkv(bench, spec, rows.count(), 6, 1);
          Tensor out = bench.floats(rows.count(), spec.width());
          Tensor plain = bench.floats(rows.count(), spec.width());
          AttentionProbe probe =
              new AttentionProbe(
                  scores ? bench.floats(rows.count(), spec.heads(), spec.capacity()) : null,
                  probabilities ? bench.floats(rows.count(), spec.heads(), spec.capacity()) : null);
          bench.operations().appendKv(cache, 0, qkv, batch);
          bench.operations().attention(plain, qkv, cache, 0, batch, 0.2f, AttentionProbe.NONE);
          bench.probe(out, qkv, cache, batch, 0.2f, probe);
          bench.show("result", out, cacheTolerance(type));
          Assertions.assertArrayEquals(bench.read(plain), bench.read(out), "without a probe");
          if (probe.scores() != null) {
            bench.show("scores", probe.scores(), cacheTolerance(type));
          }
          if (probe.probabilities() != null) {
            bench.show("probabilities", probe.probabilities(), cacheTolerance(type));
            float[] values = bench.read(probe.probabilities());
            for (int i = 0; i < values.length; i++) {
              boolean seen = i % spec.capacity() <= rows.positions()[i / (3 * spec.capacity())];
              values[i] = seen || values[i] != 0 ? 1 : 0;
            }
            bench.show("zero behind the row's own position", values, spec.capacity(), 0);
          }
        });
  }

  @Test
  void aRowOfNaNSpoilsNoOther() {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 16, 2, 33, WeightFormat.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(0, 0, 33), 7, 1);
          float[] values = Numbers.random(8, 9 * 3 * spec.width(), 1);
          Arrays.fill(values, 3 * spec.width(), 2 * 3 * spec.width(), Float.NaN);
          Tensor qkv = bench.floats(values, 9, 3 * spec.width());
          Tensor out = bench.floats(9, spec.width());
          TokenBatch batch = bench.batch(Rows.ofSlot(0, 20, 9));
          bench.operations().attention(out, qkv, cache, 0, batch, 0.25f, AttentionProbe.NONE);
          bench.show("the row before", out.rows(0, 1), cacheTolerance(WeightFormat.F32));
          bench.show("the rows behind", out.rows(2, 7), cacheTolerance(WeightFormat.F32));
        });
  }

  @Test
  void slotsAndPositionsThatDoNotExist() {
    KvCacheSpec spec = new KvCacheSpec(1, 3, 16, 2, 33, WeightFormat.F32);
    compare(
        bench -> {
          KvCache cache = bench.cache(spec);
          append(bench, cache, 0, Rows.ofSlot(0, 0, 33), 7, 1);
          List<Rows.Row> rows = new ArrayList<>();
          for (int wrong : new int[] {-1, 1 << 20, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            rows.add(new Rows.Row(0, 5 + rows.size(), 0));
            rows.add(new Rows.Row(0, wrong, 0));
            rows.add(new Rows.Row(0, 6 + rows.size(), 0));
            rows.add(new Rows.Row(0, 3, wrong));
          }
          Tensor out = bench.floats(rows.size(), spec.width());
          Tensor qkv = qkv(bench, spec, rows.size(), 9, 1);
          TokenBatch batch = bench.batch(Rows.of(rows));
          bench.operations().attention(out, qkv, cache, 0, batch, 0.25f, AttentionProbe.NONE);
          for (int row = 0; row < rows.size(); row += 2) {
            bench.show("row " + row, out.rows(row, 1), cacheTolerance(WeightFormat.F32));
          }
        });
  }
}
