package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
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
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** The end of backends and handles: in order, out of order, by other threads, forgotten. */
@Timeout(120)
abstract class ClosingContract extends Contract {
  private static final KvCacheSpec SPEC = new KvCacheSpec(1, 1, 2, 1, 3, WeightFormat.F32);
  private static final HostTensor MATRIX = Numbers.host(new float[] {1, 2, 3, 4}, 2, 2);

  ClosingContract(BackendContract subject) {
    super(subject);
  }

  /** One of everything, and every use of it. */
  private static final class Things {
    final Backend backend;
    final Operations operations;
    final Tensor x;
    final Tensor out;
    final Tensor view;
    final LinearWeights weights;
    final EmbeddingTable table;
    final KvCache cache;
    final SamplingState state;
    final TokenQueue queue;
    final TokenBatch batch;
    final Step step;

    Things(Backend backend) {
      this.backend = backend;
      operations = backend.operations();
      x = matrix();
      out = matrix();
      view = matrix().rows(0, 1);
      weights = backend.linearWeights(MATRIX, null, WeightFormat.F32);
      table = backend.embeddingTable(MATRIX, WeightFormat.F32);
      cache = backend.kvCache(SPEC);
      state = backend.samplingState(1, 2, SamplingParameters.greedy());
      queue = backend.tokenQueue(1);
      batch = TokenBatch.allocate(backend, 1);
      step = backend.record("copy", () -> operations.linear(out, x, weights, Epilogue.NONE));
    }

    private Tensor matrix() {
      Tensor matrix = backend.allocate(DataType.F32, Shape.of(1, 2), Usage.IO);
      backend.write(matrix, MemorySegment.ofArray(new float[] {1, 1}));
      return matrix;
    }

    List<AutoCloseable> handles() {
      return List.of(x, out, view, weights, table, cache, state, queue, batch, step);
    }

    /** By the handle that each needs. */
    Map<String, List<Executable>> uses() {
      MemorySegment row = MemorySegment.ofArray(new byte[8]);
      MemorySegment none = MemorySegment.ofArray(new byte[0]);
      Map<String, List<Executable>> uses = new LinkedHashMap<>();
      uses.put(
          "tensor",
          List.of(
              () -> backend.read(x, row),
              () -> backend.write(x, row),
              () -> x.rows(0, 1),
              () -> operations.linear(out, x, weights, Epilogue.NONE)));
      uses.put("weight matrix", List.of(() -> operations.linear(out, x, weights, Epilogue.NONE)));
      uses.put("embedding table", List.of(() -> operations.logits(out, x, table)));
      uses.put(
          "KV cache",
          List.of(
              () -> backend.readKv(cache, 0, 0, 0, none, none),
              () -> operations.copyKv(cache, 0, cache, 0, 0)));
      uses.put("sampling state", List.of(() -> state.reset(0, 0, 0)));
      uses.put("token queue", List.of(() -> queue.take(new int[1]), queue::clear));
      uses.put("step copy", List.of(step::run));
      return uses;
    }

    /** What needs no handle. */
    List<Executable> calls() {
      return List.of(
          this::matrix,
          () -> backend.linearWeights(MATRIX, null, WeightFormat.F32),
          () -> backend.embeddingTable(MATRIX, WeightFormat.F32),
          () -> backend.kvCache(SPEC),
          () -> backend.samplingState(1, 2, SamplingParameters.greedy()),
          () -> backend.tokenQueue(1),
          () -> backend.record("step", () -> {}),
          backend::training,
          backend::synchronize,
          () -> backend.profiler().start(),
          () -> backend.profiler().section("section"),
          () -> backend.profiler().stop());
    }
  }

  private Backend open() {
    return subject().provider().open(BackendOptions.defaults());
  }

  private static boolean isOfBackend(String message) {
    return message.matches("the [a-z0-9-]+ backend is closed");
  }

  private static void assertRefused(String message, Executable use) {
    assertEquals(message, assertThrows(IllegalStateException.class, use).getMessage());
  }

  @Test
  void afterClosingTheBackendEverythingSaysSo() throws Exception {
    Backend backend = open();
    Things things = new Things(backend);
    backend.close();
    List<Executable> all = new ArrayList<>(things.calls());
    things.uses().values().forEach(all::addAll);
    for (Executable use : all) {
      String message = assertThrows(IllegalStateException.class, use).getMessage();
      assertTrue(isOfBackend(message), message);
    }
    for (AutoCloseable handle : things.handles()) {
      handle.close();
    }
    backend.close();
    assertEquals(0, backend.memory().total());
    assertFalse(backend.device().name().isBlank());
    assertEquals(Shape.of(1, 2), things.x.shape());
  }

  @Test
  void afterClosingAHandleItsUsesSaySo() throws Exception {
    try (Backend backend = open()) {
      for (String kind : new Things(backend).uses().keySet()) {
        Things things = new Things(backend);
        things.step.run();
        AutoCloseable handle =
            switch (kind) {
              case "tensor" -> things.x;
              case "weight matrix" -> things.weights;
              case "embedding table" -> things.table;
              case "KV cache" -> things.cache;
              case "sampling state" -> things.state;
              case "token queue" -> things.queue;
              default -> things.step;
            };
        handle.close();
        for (Executable use : things.uses().get(kind)) {
          assertRefused("the " + kind + " is closed", use);
        }
        for (AutoCloseable other : things.handles()) {
          other.close();
        }
      }
    }
  }

  @Test
  void viewsEndWithTheirOwner() {
    onBackend(
        bench -> {
          Tensor owner = bench.backend().allocate(DataType.F32, Shape.of(2, 2), Usage.IO);
          Tensor view = owner.rows(0, 1).rows(0, 1);
          view.close();
          bench.write(view, 1f, 2f);
          owner.close();
          assertRefused("the tensor is closed", () -> bench.read(view));
        });
  }

  @Test
  void handlesOfAnotherBackendAreRefused() {
    try (Backend one = open();
        Backend other = open()) {
      Things own = new Things(one);
      Things foreign = new Things(other);
      List<Executable> uses =
          List.of(
              () -> own.operations.linear(own.out, foreign.x, own.weights, Epilogue.NONE),
              () -> own.operations.linear(own.out, own.x, foreign.weights, Epilogue.NONE),
              () -> own.operations.logits(own.out, own.x, foreign.table),
              () -> own.operations.copyKv(own.cache, 0, foreign.cache, 0, 1),
              () -> one.read(foreign.x, MemorySegment.ofArray(new byte[8])));
      for (Executable use : uses) {
        String message = assertThrows(IllegalArgumentException.class, use).getMessage();
        assertTrue(message.endsWith("of another backend"), message);
      }
    }
  }

  /** Who holds the lock is in the middle of a step. */
  @Test
  void closingWaitsForTheLock() throws InterruptedException {
    Backend backend = open();
    Things things = new Things(backend);
    Thread closer = Thread.ofPlatform().unstarted(backend::close);
    ReentrantLock lock = (ReentrantLock) backend.lock();
    lock.lock();
    try {
      closer.start();
      while (closer.isAlive() && !lock.hasQueuedThread(closer)) {
        Thread.onSpinWait();
      }
      things.step.run();
      float[] result = new float[2];
      backend.read(things.out, MemorySegment.ofArray(result));
      assertArrayEquals(new float[] {4, 6}, result);
    } finally {
      lock.unlock();
    }
    closer.join();
    assertThrows(IllegalStateException.class, things.step::run);
  }

  /** One that doesn't hold the lock for a step may meet the end between any two calls. */
  @Test
  void closingComesBetweenAnyTwoCalls() throws InterruptedException {
    for (int round = 0; round < 20; round++) {
      Backend backend = open();
      Things things = new Things(backend);
      AtomicBoolean closed = new AtomicBoolean();
      List<Throwable> ends = new ArrayList<>();
      Thread user =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (boolean last = false; !last; ) {
                        last = closed.get();
                        things.step.run();
                        backend.read(things.out, MemorySegment.ofArray(new byte[8]));
                        things.matrix().close();
                      }
                    } catch (Throwable e) {
                      ends.add(e);
                    }
                  });
      Thread.sleep(round % 5);
      backend.close();
      closed.set(true);
      user.join();
      assertEquals(1, ends.size(), "ends");
      assertInstanceOf(IllegalStateException.class, ends.getFirst());
      assertTrue(isOfBackend(ends.getFirst().getMessage()), ends::toString);
    }
  }

  /** Nothing leads to them, so that the garbage collector has them closed. */
  @Test
  void whatIsForgottenIsGivenBack() throws InterruptedException {
    try (Backend backend = open()) {
      forget(backend); // what a backend keeps for its own use is there
      await(backend, Long.MAX_VALUE);
      long before = backend.memory().total();
      for (int i = 0; i < 20; i++) {
        forget(backend);
      }
      await(backend, before);
      assertTrue(backend.memory().total() <= before, backend.memory().toString());
    }
  }

  private static void forget(Backend backend) {
    Things things = new Things(backend);
    things.step.run();
  }

  private static void await(Backend backend, long bytes) throws InterruptedException {
    for (int look = 0; look < 20 || backend.memory().total() > bytes && look < 1000; look++) {
      System.gc();
      Thread.sleep(5);
    }
  }
}
