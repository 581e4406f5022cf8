package gpt2j.testkit;

import static gpt2j.testkit.SabotagedOperations.operations;
import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.ints;
import static gpt2j.testkit.SabotagedTensors.setFloats;
import static gpt2j.testkit.SabotagedTensors.withPositions;
import static gpt2j.testkit.SabotagedTensors.withSlots;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.Operations;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.spi.ForwardingOperations;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bugs in attention. */
final class SabotagedAttention {
  private SabotagedAttention() {}

  /** Attention in a wrong way. */
  private interface Wrong {
    void attention(
        Backend to,
        Tensor out,
        Tensor qkv,
        KvCache cache,
        int layer,
        TokenBatch batch,
        float scale,
        AttentionProbe probe);
  }

  static List<Sabotage> all() {
    Class<AttentionContract> rows = AttentionContract.class;
    Class<AttentionValuesContract> values = AttentionValuesContract.class;
    return List.of(
        bug(
            "sees one position too many",
            rows,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              int last = cache.spec().capacity() - 1;
              TokenBatch wrong = withPositions(b, batch, p -> Math.min(p + 1, last));
              b.operations().attention(out, qkv, cache, layer, wrong, scale, probe);
            }),
        bug(
            "sees one position too few",
            rows,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              TokenBatch wrong = withPositions(b, batch, p -> Math.max(p - 1, 0));
              b.operations().attention(out, qkv, cache, layer, wrong, scale, probe);
            }),
        bug(
            "no mask within a batch",
            rows,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              int last = Arrays.stream(ints(b, batch.positions())).max().orElseThrow();
              TokenBatch wrong = withPositions(b, batch, p -> last);
              b.operations().attention(out, qkv, cache, layer, wrong, scale, probe);
            }),
        bug(
            "scale forgotten",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) ->
                b.operations().attention(out, qkv, cache, layer, batch, 1, probe)),
        bug(
            "scale fixed",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              float fixed = (float) (1 / Math.sqrt(cache.spec().headSize()));
              b.operations().attention(out, qkv, cache, layer, batch, fixed, probe);
            }),
        bug(
            "slot ignored",
            rows,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              TokenBatch wrong = withSlots(b, batch, slot -> 0);
              b.operations().attention(out, qkv, cache, layer, wrong, scale, probe);
            }),
        bug(
            "layer ignored",
            rows,
            (b, out, qkv, cache, layer, batch, scale, probe) ->
                b.operations().attention(out, qkv, cache, 0, batch, scale, probe)),
        bug(
            "probabilities not cleared",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              b.operations().attention(out, qkv, cache, layer, batch, scale, probe);
              change(b, probe.probabilities(), (p, i) -> p[i] == 0 ? Float.NaN : p[i]);
            }),
        bug(
            "scores not masked",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              b.operations().attention(out, qkv, cache, layer, batch, scale, probe);
              change(b, probe.scores(), (s, i) -> Float.isInfinite(s[i]) ? 0 : s[i]);
            }),
        bug(
            "scores not scaled",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              b.operations().attention(out, qkv, cache, layer, batch, scale, probe);
              change(b, probe.scores(), (s, i) -> s[i] / scale);
            }),
        bug(
            "scores of another row",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              b.operations().attention(out, qkv, cache, layer, batch, scale, probe);
              int row = cache.spec().heads() * cache.spec().capacity();
              change(b, probe.scores(), (s, i) -> s[(i + row) % s.length]);
            }),
        bug(
            "scores of another head",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              b.operations().attention(out, qkv, cache, layer, batch, scale, probe);
              int head = cache.spec().capacity();
              int row = cache.spec().heads() * head;
              change(b, probe.scores(), (s, i) -> s[i - i % row + (i + head) % row]);
            }),
        bug(
            "probabilities instead of scores",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              AttentionProbe wrong =
                  probe.probabilities() == null ? new AttentionProbe(null, probe.scores()) : probe;
              b.operations().attention(out, qkv, cache, layer, batch, scale, wrong);
            }),
        bug(
            "a probe changes the result",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              b.operations().attention(out, qkv, cache, layer, batch, scale, probe);
              if (!probe.equals(AttentionProbe.NONE)) {
                change(b, out, (o, i) -> Math.nextUp(o[i]));
              }
            }),
        bug("masked values times zero", rows, SabotagedAttention::timesZero),
        bug(
            "exp overflows",
            values,
            (b, out, qkv, cache, layer, batch, scale, probe) -> {
              b.operations().attention(out, qkv, cache, layer, batch, scale, probe);
              naive(b, out, qkv, cache, layer, batch, scale);
            }));
  }

  private static Sabotage bug(String name, Class<? extends Part> part, Wrong wrong) {
    return operations(
        "attention: " + name,
        part,
        backend ->
            new ForwardingOperations(backend.operations()) {
              @Override
              public void attention(
                  Tensor out,
                  Tensor qkv,
                  KvCache cache,
                  int layer,
                  TokenBatch batch,
                  float scale,
                  AttentionProbe probe) {
                wrong.attention(backend, out, qkv, cache, layer, batch, scale, probe);
              }
            });
  }

  /** One value of those that were right. */
  private interface WrongValue {
    float of(float[] values, int index);
  }

  private static void change(Backend backend, @Nullable Tensor tensor, WrongValue wrong) {
    if (tensor != null) {
      float[] values = floats(backend, tensor);
      float[] changed = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        changed[i] = wrong.of(values, i);
      }
      setFloats(backend, tensor, changed);
    }
  }

  /** Probabilities of zero for what is masked: right, unless what is masked is NaN. */
  private static void timesZero(
      Backend backend,
      Tensor out,
      Tensor qkv,
      KvCache cache,
      int layer,
      TokenBatch batch,
      float scale,
      AttentionProbe probe) {
    Operations operations = backend.operations();
    operations.attention(out, qkv, cache, layer, batch, scale, probe);
    KvCacheSpec spec = cache.spec();
    int[] slots = ints(backend, batch.slots());
    float[][] values = new float[2][spec.capacity() * spec.width()];
    for (int row = 0; row < slots.length; row++) {
      if (slots[row] < 0 || slots[row] >= spec.sequences()) {
        continue;
      }
      MemorySegment keys = MemorySegment.ofArray(values[0]);
      MemorySegment all = MemorySegment.ofArray(values[1]);
      backend.readKv(cache, layer, slots[row], spec.capacity(), keys, all);
      float[] result = floats(backend, out.rows(row, 1));
      for (int i = 0; i < values[1].length; i++) {
        result[i % spec.width()] += 0 * values[1][i];
      }
      setFloats(backend, out.rows(row, 1), result);
    }
  }

  /** A softmax in float32 that doesn't subtract the maximum. */
  private static void naive(
      Backend backend,
      Tensor out,
      Tensor qkv,
      KvCache cache,
      int layer,
      TokenBatch batch,
      float scale) {
    KvCacheSpec spec = cache.spec();
    int[] slots = ints(backend, batch.slots());
    int[] positions = ints(backend, batch.positions());
    for (int row = 0; row < slots.length; row++) {
      int count = positions[row] + 1;
      if (slots[row] < 0
          || slots[row] >= spec.sequences()
          || count < 1
          || count > spec.capacity()) {
        continue;
      }
      float[] keys = new float[count * spec.width()];
      float[] values = new float[count * spec.width()];
      backend.readKv(
          cache,
          layer,
          slots[row],
          count,
          MemorySegment.ofArray(keys),
          MemorySegment.ofArray(values));
      float[] query = floats(backend, qkv.rows(row, 1));
      float[] result = new float[spec.width()];
      for (int head = 0; head < spec.heads(); head++) {
        float sum = 0;
        int column = head * spec.headSize();
        for (int t = 0; t < count; t++) {
          float score = 0;
          for (int c = column; c < column + spec.headSize(); c++) {
            score += query[c] * keys[t * spec.width() + c];
          }
          float weight = (float) Math.exp(scale * score);
          sum += weight;
          for (int c = column; c < column + spec.headSize(); c++) {
            result[c] += weight * values[t * spec.width() + c];
          }
        }
        for (int c = column; c < column + spec.headSize(); c++) {
          result[c] /= sum;
        }
      }
      setFloats(backend, out.rows(row, 1), result);
    }
  }
}
