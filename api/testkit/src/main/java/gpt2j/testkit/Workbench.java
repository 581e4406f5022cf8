package gpt2j.testkit;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.api.training.TrainingOperations;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;

/**
 * Work on one backend: makes what a test needs, notes what it shows, closes everything in the end.
 * Tensors lie between rows of a known pattern, which must not change.
 */
final class Workbench implements AutoCloseable {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final byte GUARD = 0x5A;

  private final Suite subject;
  private final Backend backend;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final List<Tensor> guards = new ArrayList<>();
  private final List<Reading> readings = new ArrayList<>();

  Workbench(Suite subject, Backend backend) {
    this.subject = subject;
    this.backend = backend;
  }

  Backend backend() {
    return backend;
  }

  Operations operations() {
    return ReportingOperations.of(Operations.class, backend.operations(), subject);
  }

  TrainingOperations training() {
    TrainingOperations operations = attempt(Feature.TRAINING, backend::training);
    return ReportingOperations.of(TrainingOperations.class, operations, subject);
  }

  /** An F32 tensor of the given size that is NaN all over, so that what isn't written shows. */
  Tensor floats(int... sizes) {
    Tensor tensor = allocate(DataType.F32, Shape.of(sizes));
    float[] undefined = new float[Math.toIntExact(tensor.shape().elements())];
    Arrays.fill(undefined, Float.NaN);
    write(tensor, undefined);
    return tensor;
  }

  /** An F32 tensor with these values. */
  Tensor floats(float[] values, int... sizes) {
    Tensor tensor = allocate(DataType.F32, Shape.of(sizes));
    write(tensor, values);
    return tensor;
  }

  /** A list of I32. */
  Tensor ints(int... values) {
    Tensor tensor = allocate(DataType.I32, Shape.of(values.length));
    write(tensor, values);
    return tensor;
  }

  TokenBatch batch(Rows rows) {
    return new TokenBatch(ints(rows.tokens()), ints(rows.positions()), ints(rows.slots()));
  }

  /** Rows of a guard before and behind. Alignment and usage differ from tensor to tensor. */
  private Tensor allocate(DataType type, Shape shape) {
    int tensors = guards.size() / 2;
    int before = tensors % 2 == 0 ? 1 : 16;
    int rows = shape.rows();
    Usage usage = tensors % 3 == 0 ? Usage.IO : Usage.ACTIVATION;
    Tensor whole = keep(backend.allocate(type, shape.withRows(before + rows + 1), usage));
    for (Tensor guard : List.of(whole.rows(0, before), whole.rows(before + rows, 1))) {
      backend.write(guard, MemorySegment.ofArray(guardBytes(guard)));
      guards.add(guard);
    }
    return whole.rows(before, rows);
  }

  private static byte[] guardBytes(Tensor guard) {
    byte[] bytes = new byte[Math.toIntExact(guard.bytes())];
    Arrays.fill(bytes, GUARD);
    return bytes;
  }

  LinearWeights weights(HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    return keep(
        attempt(Feature.weights(format), () -> backend.linearWeights(weight, bias, format)));
  }

  EmbeddingTable table(HostTensor rows, WeightFormat format) {
    return keep(attempt(Feature.weights(format), () -> backend.embeddingTable(rows, format)));
  }

  /** A cache with room for all. */
  KvCache cache(KvCacheSpec spec) {
    KvCache cache = emptyCache(spec);
    cache.reserveAll();
    return cache;
  }

  KvCache emptyCache(KvCacheSpec spec) {
    return keep(attempt(Feature.cache(spec.type()), () -> backend.kvCache(spec)));
  }

  SamplingState sampling(int rows, int vocabulary, SamplingParameters parameters) {
    return keep(attempt(Feature.SAMPLE, () -> backend.samplingState(rows, vocabulary, parameters)));
  }

  Step record(String name, Runnable body) {
    return keep(backend.record(name, body));
  }

  /** Attention with a probe, whose parts are features of their own. */
  void probe(
      Tensor out, Tensor qkv, KvCache cache, TokenBatch batch, float scale, AttentionProbe probe) {
    attempt(
        probe.scores() == null ? Feature.ATTENTION_PROBABILITIES : Feature.ATTENTION_SCORES,
        () -> {
          backend.operations().attention(out, qkv, cache, 0, batch, scale, probe);
          return true;
        });
  }

  <T> T attempt(Feature feature, Supplier<T> call) {
    try {
      return call.get();
    } catch (UnsupportedException e) {
      throw subject.lacking(feature, String.valueOf(e.getMessage()));
    }
  }

  <T extends AutoCloseable> T keep(T handle) {
    open.push(handle);
    return handle;
  }

  void write(Tensor to, float... values) {
    byte[] bytes = new byte[values.length * Float.BYTES];
    MemorySegment.copy(values, 0, MemorySegment.ofArray(bytes), FLOAT, 0, values.length);
    backend.write(to, MemorySegment.ofArray(bytes));
  }

  void write(Tensor to, int... values) {
    byte[] bytes = new byte[values.length * Integer.BYTES];
    MemorySegment.copy(values, 0, MemorySegment.ofArray(bytes), INT, 0, values.length);
    backend.write(to, MemorySegment.ofArray(bytes));
  }

  float[] read(Tensor from) {
    float[] values = new float[Math.toIntExact(from.shape().elements())];
    MemorySegment.copy(bytes(from), FLOAT, 0, values, 0, values.length);
    return values;
  }

  int[] readInts(Tensor from) {
    int[] values = new int[Math.toIntExact(from.shape().elements())];
    MemorySegment.copy(bytes(from), INT, 0, values, 0, values.length);
    return values;
  }

  private MemorySegment bytes(Tensor from) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(from.bytes())]);
    backend.read(from, bytes);
    return bytes;
  }

  /** Keys, then values, of the first positions. */
  float[][] readKv(KvCache cache, int layer, int slot, int positions) {
    int count = positions * cache.spec().width();
    MemorySegment keys = MemorySegment.ofArray(new byte[count * Float.BYTES]);
    MemorySegment values = MemorySegment.ofArray(new byte[count * Float.BYTES]);
    backend.readKv(cache, layer, slot, positions, keys, values);
    float[][] result = new float[2][count];
    MemorySegment.copy(keys, FLOAT, 0, result[0], 0, count);
    MemorySegment.copy(values, FLOAT, 0, result[1], 0, count);
    return result;
  }

  /** Shows a tensor of either type; integers must be equal. */
  void show(String label, Tensor tensor, double tolerance) {
    if (tensor.type() == DataType.I32) {
      show(label, 1, Arrays.stream(readInts(tensor)).asDoubleStream().toArray(), 0);
    } else {
      show(label, read(tensor), Math.toIntExact(tensor.shape().rowElements()), tolerance);
    }
  }

  void show(String label, float[] values, int width, double tolerance) {
    show(label, width, Doubles.of(values), tolerance);
  }

  /** Compares a tensor with what is known already. */
  void expect(String label, Tensor tensor, double[] expected, double tolerance) {
    int width = Math.toIntExact(tensor.shape().rowElements());
    double[] actual = Doubles.of(read(tensor));
    new Reading(label, width, expected, tolerance)
        .assertClose(new Reading(label, width, actual, tolerance));
  }

  private void show(String label, int width, double[] values, double tolerance) {
    readings.add(new Reading(label, width, values, tolerance));
  }

  /** What was shown, provided that nothing was written outside its tensor. */
  List<Reading> readings() {
    for (Tensor guard : guards) {
      byte[] bytes = bytes(guard).toArray(ValueLayout.JAVA_BYTE);
      Assertions.assertArrayEquals(guardBytes(guard), bytes, "memory beside a tensor has changed");
    }
    return readings;
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        throw new AssertionError("closing failed", e);
      }
    }
  }
}
