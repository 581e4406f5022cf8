package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** In what the reference backend is stricter than the contract asks. */
class ReferenceBackendTest {
  private static final KvCacheSpec SPEC = new KvCacheSpec(1, 1, 2, 1, 3, WeightFormat.F32);

  private final Backend backend = open();
  private final Operations operations = backend.operations();

  private static Backend open() {
    return new ReferenceBackendProvider().open(BackendOptions.defaults());
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** Else another thread may close the backend under it. */
  @Test
  void aViewIsMadeHoldingTheLock() throws InterruptedException {
    Tensor tensor = backend.allocate(DataType.F32, Shape.of(2, 3), Usage.IO);
    ReentrantLock lock = (ReentrantLock) backend.lock();
    Thread maker = new Thread(() -> tensor.rows(0, 1));
    lock.lock();
    try {
      maker.start();
      while (!lock.hasQueuedThread(maker)) {
        assertTrue(maker.isAlive(), "made without the lock");
        Thread.onSpinWait();
      }
    } finally {
      lock.unlock();
    }
    maker.join();
  }

  @Test
  void newMemoryIsPoisoned() {
    MemorySegment floats = read(backend.allocate(DataType.F32, Shape.of(5), Usage.IO));
    MemorySegment ints = read(backend.allocate(DataType.I32, Shape.of(5), Usage.IO));
    MemorySegment halves = read(backend.allocate(DataType.F16, Shape.of(5), Usage.IO));
    for (int i = 0; i < 5; i++) {
      assertTrue(Float.isNaN(floats.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i)));
      assertTrue(ints.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i) < -1_000_000_000);
      short half = halves.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i);
      assertTrue(Float.isNaN(Float.float16ToFloat(half)));
    }
    MemorySegment keys = MemorySegment.ofArray(new byte[24]);
    KvCache cache = backend.kvCache(SPEC);
    cache.reserveAll();
    backend.readKv(cache, 0, 0, 3, keys, keys);
    assertTrue(Float.isNaN(keys.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 20)));
  }

  private MemorySegment read(Tensor tensor) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.bytes())]);
    backend.read(tensor, bytes);
    return bytes;
  }

  @Test
  void whatWasClosedIsRefused() {
    Tensor x = floats(backend);
    Tensor closed = floats(backend);
    Tensor view = closed.rows(0, 1);
    closed.close();
    LinearWeights weights = weights(backend);
    EmbeddingTable table = table(backend);
    KvCache cache = backend.kvCache(SPEC);
    SamplingState state = backend.samplingState(1, 2, SamplingParameters.greedy());
    Step step = backend.record("step", () -> {});
    for (AutoCloseable handle : List.of(weights, table, cache, state, step)) {
      close(handle);
    }
    MemorySegment none = MemorySegment.ofArray(new byte[0]);
    MemorySegment row = MemorySegment.ofArray(new byte[8]);
    List<Executable> uses =
        List.of(
            () -> backend.read(closed, row),
            () -> backend.write(view, row),
            () -> closed.rows(0, 1),
            () -> operations.logits(floats(backend), closed, table(backend)),
            () -> operations.linear(floats(backend), x, weights, Epilogue.NONE),
            () -> operations.logits(floats(backend), x, table),
            () -> backend.readKv(cache, 0, 0, 0, none, none),
            () -> state.reset(0, 0, 0),
            step::run);
    for (int i = 0; i < uses.size(); i++) {
      assertThrows(IllegalStateException.class, uses.get(i), "use " + i);
    }
  }

  @Test
  void whatBelongsToAClosedBackendIsRefused() {
    Tensor x = floats(backend);
    backend.close();
    MemorySegment row = MemorySegment.ofArray(new byte[8]);
    assertThrows(IllegalStateException.class, () -> backend.read(x, row));
    assertThrows(IllegalStateException.class, () -> floats(backend));
    assertThrows(IllegalStateException.class, backend::synchronize);
    x.close();
    assertEquals(0, backend.memory().total());
  }

  @Test
  void aBatchThatDoesNotFitLeavesNothingBehind() {
    BackendOptions two = BackendOptions.defaults().withMemoryLimit(2 * 100 * Integer.BYTES);
    try (Backend limited = new ReferenceBackendProvider().open(two)) {
      assertThrows(OutOfMemoryException.class, () -> TokenBatch.allocate(limited, 100));
      assertEquals(0, limited.memory().total());
      TokenBatch.allocate(limited, 66).close();
      assertEquals(0, limited.memory().total());
    }
  }

  @Test
  void handlesOfAnotherBackendAreRefused() {
    try (Backend other = open()) {
      Tensor x = floats(backend);
      Tensor out = floats(backend);
      assertThrows(
          IllegalArgumentException.class,
          () -> operations.linear(out, x, weights(other), Epilogue.NONE));
      assertThrows(
          IllegalArgumentException.class,
          () -> operations.linear(floats(other), x, weights(backend), Epilogue.NONE));
    }
  }

  @Test
  void outputsThatOverlapInputsAreRefused() {
    Tensor both = backend.allocate(DataType.F32, Shape.of(3, 2), Usage.IO);
    LinearWeights weights = weights(backend);
    assertThrows(
        IllegalArgumentException.class,
        () -> operations.linear(both.rows(0, 2), both.rows(1, 2), weights, Epilogue.ADD_TO_OUT));
    operations.linear(both.rows(0, 1), both.rows(1, 1), weights, Epilogue.NONE);
  }

  private static Tensor floats(Backend on) {
    return on.allocate(DataType.F32, Shape.of(1, 2), Usage.IO);
  }

  private static LinearWeights weights(Backend on) {
    return on.linearWeights(Numbers.host(new float[4], 2, 2), null, WeightFormat.F32);
  }

  private static EmbeddingTable table(Backend on) {
    return on.embeddingTable(Numbers.host(new float[4], 2, 2), WeightFormat.F32);
  }

  private static void close(AutoCloseable handle) {
    try {
      handle.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
