package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link Backend#memory}, its limit, and closing. */
abstract class MemoryContract extends Contract {
  private static final long MEBIBYTE = 1 << 20;

  MemoryContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @EnumSource
  void tensorsAreAccountedByTheirUsage(Usage usage) {
    assertAccounted(usage, b -> b.allocate(DataType.F32, Shape.of(100, 33), usage), Tensor::bytes);
  }

  @Test
  void viewsTakeNoMemory() {
    onBackend(
        bench -> {
          Tensor tensor = bench.floats(10, 10);
          MemoryUsage before = bench.backend().memory();
          Tensor view = tensor.rows(2, 3);
          assertEquals(before, bench.backend().memory());
          view.close();
          assertEquals(before, bench.backend().memory());
        });
  }

  @ParameterizedTest
  @EnumSource
  void weightsAreAccounted(WeightFormat format) {
    HostTensor weight = Numbers.host(new float[256 * 300], 256, 300);
    HostTensor bias = Numbers.host(new float[300], 300);
    if (!backend().supports(format)) {
      throw subject().lacking(Feature.weights(format), "weights");
    }
    assertAccounted(
        Usage.WEIGHTS, b -> b.linearWeights(weight, bias, format), LinearWeights::bytes);
    assertAccounted(Usage.WEIGHTS, b -> b.embeddingTable(weight, format), EmbeddingTable::bytes);
  }

  /**
   * A file can be cut off while it is read: its reader's exception goes through, nothing is kept.
   */
  @ParameterizedTest
  @EnumSource
  void weightsThatCannotBeReadTakeNoMemory(WeightFormat format) {
    if (!backend().supports(format)) {
      throw subject().lacking(Feature.weights(format), "weights");
    }
    HostTensor half = unreadableAfter(256 * 300 * Float.BYTES / 2, 256, 300);
    HostTensor whole = Numbers.host(new float[256 * 300], 256, 300);
    HostTensor bias = unreadableAfter(4, 300);
    backend().linearWeights(whole, null, format).close(); // what is allocated once
    MemoryUsage before = backend().memory();
    for (int attempt = 0; attempt < 3; attempt++) {
      assertUnreadable(() -> backend().linearWeights(half, null, format));
      assertUnreadable(() -> backend().linearWeights(whole, bias, format));
      assertUnreadable(() -> backend().embeddingTable(half, format));
      assertEquals(before, backend().memory());
    }
    assertAccounted(Usage.WEIGHTS, b -> b.linearWeights(whole, null, format), LinearWeights::bytes);
  }

  private static void assertUnreadable(Executable use) {
    assertEquals("unreadable", assertThrows(UncheckedIOException.class, use).getMessage());
  }

  private static HostTensor unreadableAfter(long bytes, int... sizes) {
    return new HostTensor(
        "unreadable",
        DataType.F32,
        Shape.of(sizes),
        (from, to) -> {
          if (from + to.byteSize() > bytes) {
            throw new UncheckedIOException("unreadable", new IOException());
          }
          to.fill((byte) 0);
        });
  }

  @Test
  void cachesAreAccounted() {
    KvCacheSpec spec = new KvCacheSpec(3, 5, 7, 2, 33, WeightFormat.F32);
    assertAccounted(Usage.CACHE, b -> cache(b, spec), cache -> spec.bytes());
  }

  /** With room for all. */
  private static KvCache cache(Backend backend, KvCacheSpec spec) {
    KvCache cache = backend.kvCache(spec);
    try {
      cache.reserveAll();
      return cache;
    } catch (RuntimeException e) {
      cache.close();
      throw e;
    }
  }

  /** Goes up by what is taken, and back when it is closed, however often. */
  private <T extends AutoCloseable> void assertAccounted(
      Usage usage, Function<Backend, T> make, ToLongFunction<T> bytes) {
    MemoryUsage before = backend().memory();
    T handle = make.apply(backend());
    MemoryUsage with = backend().memory();
    assertTrue(
        with.of(usage) - before.of(usage) >= bytes.applyAsLong(handle),
        "%s went from %s to %s by %d bytes"
            .formatted(usage, before, with, bytes.applyAsLong(handle)));
    close(handle);
    assertEquals(before, backend().memory(), "after closing");
    close(handle);
    assertEquals(before, backend().memory(), "after closing twice");
  }

  @Test
  void everythingClosedGivesEverythingBack() {
    MemoryUsage before = backend().memory();
    onBackend(
        bench -> {
          new TinyDecoder(bench, 3, SamplingParameters.random(1)).step();
          bench.record("step", () -> {}).close();
        });
    MemoryUsage after = backend().memory();
    onBackend(bench -> new TinyDecoder(bench, 3, SamplingParameters.random(1)).step());
    assertEquals(after, backend().memory(), "the second time");
    for (Usage usage : List.of(Usage.WEIGHTS, Usage.CACHE)) {
      assertEquals(before.of(usage), after.of(usage), usage.toString());
    }
  }

  @Test
  void operationsAllocateNothing() {
    onBackend(
        bench -> {
          TinyDecoder decoder = new TinyDecoder(bench, 3, SamplingParameters.random(1));
          decoder.step();
          MemoryUsage before = bench.backend().memory();
          for (int step = 0; step < 10; step++) {
            decoder.step();
          }
          assertEquals(before, bench.backend().memory());
        });
  }

  @Test
  void theLimitIsKept() {
    onLimited(
        64,
        backend -> {
          List<Tensor> tensors = new ArrayList<>();
          OutOfMemoryException refusal =
              assertThrows(
                  OutOfMemoryException.class,
                  () -> {
                    while (tensors.size() < 64) {
                      Shape shape = Shape.of(1 << 22); // 16 MiB
                      tensors.add(backend.allocate(DataType.F32, shape, Usage.ACTIVATION));
                    }
                  });
          assertTrue(refusal.getMessage().lines().count() == 1, refusal.getMessage());
          assertTrue(tensors.size() >= 2, tensors.size() + " tensors of 16 MiB in 64 MiB");
          assertTrue(backend.memory().total() <= 64 * MEBIBYTE, backend.memory().toString());
          tensors.getFirst().close();
          Tensor again = backend.allocate(DataType.F32, Shape.of(1 << 22), Usage.ACTIVATION);
          again.close();
        });
  }

  @Test
  void whatDoesNotFitLeavesNothingBehind() {
    float[] values = new float[3072 * 4096]; // 48 MiB
    HostTensor matrix = Numbers.host(values, 3072, 4096);
    KvCacheSpec large = new KvCacheSpec(2, 16, 64, 2, 2048, WeightFormat.F32); // 64 MiB
    onLimited(
        32,
        backend -> {
          MemoryUsage before = backend.memory();
          List<Executable> tooLarge =
              List.of(
                  () -> backend.allocate(DataType.F32, Shape.of(1 << 24), Usage.IO),
                  () -> backend.linearWeights(matrix, null, WeightFormat.F32),
                  () -> backend.embeddingTable(matrix, WeightFormat.F32),
                  () -> cache(backend, large));
          for (Executable call : tooLarge) {
            assertThrows(OutOfMemoryException.class, call);
            assertEquals(before, backend.memory());
          }
          try (Workbench bench = new Workbench(subject(), backend)) {
            Tensor out = bench.floats(1, 3);
            Tensor x = bench.floats(new float[] {1, 2, 3}, 1, 3);
            bench.operations().selectRows(out, x, bench.ints(0));
            assertArrayEquals(new float[] {1, 2, 3}, bench.read(out), "the backend still works");
          }
        });
  }

  @Test
  void closingTwiceDoesNothing() {
    onBackend(
        bench -> {
          Backend b = bench.backend();
          Tensor tensor = bench.ints(1, 2, 3);
          List<AutoCloseable> handles =
              List.of(
                  b.samplingState(2, 10, SamplingParameters.greedy()),
                  b.kvCache(new KvCacheSpec(1, 1, 1, 1, 1, WeightFormat.F32)),
                  b.embeddingTable(Numbers.host(new float[6], 2, 3), WeightFormat.F32),
                  b.linearWeights(Numbers.host(new float[6], 2, 3), null, WeightFormat.F32),
                  b.record("step", () -> {}),
                  b.allocate(DataType.I32, Shape.of(3), Usage.IO));
          for (AutoCloseable handle : handles) {
            close(handle);
            close(handle);
          }
          assertArrayEquals(new int[] {1, 2, 3}, bench.readInts(tensor));
        });
  }

  @Test
  void closingTheBackendFreesWhatIsOpen() {
    Backend open = subject().provider().open(BackendOptions.defaults());
    open.allocate(DataType.F32, Shape.of(1000), Usage.ACTIVATION);
    cache(open, new KvCacheSpec(1, 2, 3, 4, 5, WeightFormat.F32));
    open.record("step", () -> {});
    open.close();
    open.close();
  }

  private void onLimited(long mebibytes, Consumer<Backend> work) {
    BackendOptions options = BackendOptions.defaults().withMemoryLimit(mebibytes * MEBIBYTE);
    try (Backend limited = subject().provider().open(options)) {
      work.accept(limited);
    }
  }

  private static void close(AutoCloseable handle) {
    try {
      handle.close();
    } catch (Exception e) {
      throw new AssertionError("closing failed", e);
    }
  }
}
