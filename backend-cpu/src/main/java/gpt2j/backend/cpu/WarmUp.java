package gpt2j.backend.cpu;

import gpt2j.api.Epilogue;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cpu.attention.CpuKvCache;
import gpt2j.backend.cpu.kernel.AttentionKernels;
import gpt2j.backend.cpu.kernel.Bf16PanelKernels;
import gpt2j.backend.cpu.kernel.Bf16TableKernel;
import gpt2j.backend.cpu.kernel.F32TableKernel;
import gpt2j.backend.cpu.kernel.GemvKernels;
import gpt2j.backend.cpu.kernel.LayerNorm;
import gpt2j.backend.cpu.kernel.Prefetch;
import gpt2j.backend.cpu.kernel.Q4GroupKernel;
import gpt2j.backend.cpu.kernel.Q8GroupKernel;
import gpt2j.backend.cpu.kernel.Softmax;
import gpt2j.backend.cpu.kernel.TableKernel;
import gpt2j.backend.cpu.kernel.TileGemm;
import gpt2j.backend.cpu.kernel.VectorAdd;
import gpt2j.backend.cpu.memory.Allocator;
import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.weights.FusedEpilogue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;

/**
 * Runs the kernels on small data, in the background while weights are loaded, so that the JVM
 * compiles them before they are needed. A kernel of the Vector API that isn't compiled yet makes an
 * object of each vector and takes a hundred times as long: the first prompt would wait a second for
 * it.
 *
 * <p>Once per JVM, since what is compiled stays so: each part is a class that starts its thread
 * when it is initialised.
 */
final class WarmUp {
  /**
   * Calls of each kernel. They are enough where the JVM was told to compile this package early, as
   * {@code bin/cli} does by {@code CompileThresholdScaling}. Under the JVM's own thresholds it
   * would take twenty times as many, which cost more time than they save.
   */
  private static final int CALLS = 30;

  private static final int HEAD_SIZE = 64;
  private static final int WIDTH = 768;
  private static final long ROW = (long) WIDTH * Float.BYTES;
  private static final int LENGTH = 4 * Memory.LANES;
  private static final long BYTES = 1L << 18;

  private WarmUp() {}

  /**
   * Makes memory of each kind that will be used. As long as the JVM has seen native memory only, it
   * compiles kernels for that alone, and throws all of them away when the first array is wrapped.
   */
  private static void knowMemory() {
    List.of(
        MemorySegment.ofArray(new byte[1]),
        MemorySegment.ofArray(new short[1]),
        MemorySegment.ofArray(new int[1]),
        MemorySegment.ofArray(new float[1]),
        MemorySegment.ofArray(new long[1]));
  }

  /** Starts to warm up what every model needs. */
  static void start() {
    Blocks.start();
  }

  /** Starts to warm up products with weights, if there are any of this format. */
  static void start(WeightFormat format) {
    switch (format) {
      case F32 -> F32Row.start();
      case BF16 -> Bf16Rows.start();
      case Q8_0 -> Q8Rows.start();
      case Q4_0 -> Q4Rows.start();
      case F16 -> {}
    }
  }

  /** Starts to warm up the products that only a batch-invariant backend makes. */
  static void startTiles() {
    Tiles.start();
  }

  private static Thread inBackground(Runnable work) {
    return Thread.ofPlatform().daemon().name("gpt2j-cpu-warm-up").start(work);
  }

  @FunctionalInterface
  private interface Kernels {
    /** Calls each kernel once, with three pieces of zeros to work on. */
    void call(long a, long b, long c);
  }

  private static void run(Kernels kernels) {
    try (Arena arena = Arena.ofConfined()) {
      long a = arena.allocate(BYTES, Memory.VECTOR).address();
      long b = arena.allocate(BYTES, Memory.VECTOR).address();
      long c = arena.allocate(BYTES, Memory.VECTOR).address();
      for (int call = 0; call < CALLS; call++) {
        kernels.call(a, b, c);
      }
    }
  }

  private static final class Blocks {
    private static final Thread THREAD = inBackground(Blocks::run);

    static void start() {
      assert THREAD.isDaemon(); // started when this class was initialised
    }

    private static void run() {
      knowMemory();
      WarmUp.run((a, b, c) -> LayerNorm.row(a, b, c, c, WIDTH, 1e-5f));
      if (TileGemm.IS_FASTER) {
        product();
      }
      WarmUp.run(
          (a, b, c) -> new FusedEpilogue(null, Epilogue.GELU_TANH, null).apply(a, b, 0, WIDTH));
      WarmUp.run(Blocks::attend);
      append();
    }

    private static void attend(long a, long b, long c) {
      int row = HEAD_SIZE * Float.BYTES;
      long stride = (long) LENGTH * Float.BYTES;
      AttentionKernels.fourScores(a, stride, b, row, c, LENGTH / Memory.LANES, HEAD_SIZE, 1);
      AttentionKernels.fourSums(b, row, a, stride, c, row, LENGTH, HEAD_SIZE);
      AttentionKernels.oneScore(a, b, c, LENGTH / Memory.LANES, HEAD_SIZE, 1);
      AttentionKernels.oneSum(b, a, c, row, LENGTH, HEAD_SIZE);
      Softmax.inPlace(a, LENGTH);
    }

    private static void append() {
      KvCacheSpec spec = new KvCacheSpec(1, 1, HEAD_SIZE, 1, Memory.LANES, WeightFormat.F32);
      try (Allocator allocator = new Allocator(OptionalLong.empty(), () -> Long.MAX_VALUE);
          CpuKvCache cache = new CpuKvCache(allocator, spec)) {
        cache.reserveAll();
        WarmUp.run((a, b, c) -> cache.store(0, 0, 0, 0, a, b));
      }
    }
  }

  private static final class Tiles {
    private static final Thread THREAD = inBackground(Tiles::run);

    static void start() {
      assert THREAD.isDaemon(); // started when this class was initialised
    }

    private static void run() {
      product();
      int row = HEAD_SIZE * Float.BYTES;
      WarmUp.run((a, b, c) -> AttentionKernels.addSum(b, a, c, row, TileGemm.ROWS, HEAD_SIZE));
    }
  }

  private static final class F32Row {
    private static final Thread THREAD = inBackground(F32Row::run);

    static void start() {
      assert THREAD.isDaemon(); // started when this class was initialised
    }

    private static void run() {
      WarmUp.run((a, b, c) -> GemvKernels.addRows(a, b, c, 1, ROW, WIDTH));
      WarmUp.run((a, b, c) -> GemvKernels.addRowsTwice(a, 0, b, 0, c, 1, ROW, WIDTH));
      WarmUp.run((a, b, c) -> VectorAdd.add(a, b, c, WIDTH));
      TableKernel table = new F32TableKernel(WIDTH);
      WarmUp.run((a, b, c) -> table.addUp(a, b, c, ROW));
    }
  }

  private static final class Q8Rows {
    private static final Thread THREAD = inBackground(Q8Rows::run);

    static void start() {
      assert THREAD.isDaemon(); // started when this class was initialised
    }

    private static void run() {
      int bytes = Q8GroupKernel.GROUP_BYTES;
      groups(
          (a, b, c) -> Q8GroupKernel.oneRow(a, b, c, bytes, b, 1, a + ROW),
          (a, b, c) -> Q8GroupKernel.widen(a, Memory.VECTOR, c, b, 1));
    }
  }

  private static final class Q4Rows {
    private static final Thread THREAD = inBackground(Q4Rows::run);

    static void start() {
      assert THREAD.isDaemon(); // started when this class was initialised
    }

    private static void run() {
      groups(
          (a, b, c) -> Q4GroupKernel.oneRow(a, b, c, 1),
          (a, b, c) -> Q4GroupKernel.widen(a, Memory.VECTOR, c, 1));
    }
  }

  private static void product() {
    WarmUp.run((a, b, c) -> TileGemm.product(a, b, ROW, Float.BYTES, c, HEAD_SIZE));
  }

  private static void groups(Kernels oneRow, Kernels widen) {
    WarmUp.run(oneRow);
    WarmUp.run(widen);
    WarmUp.run((a, b, c) -> Prefetch.touch(c, ROW, a));
    product();
    WarmUp.run((a, b, c) -> VectorAdd.add(a, b, c, WIDTH));
  }

  private static final class Bf16Rows {
    private static final Thread THREAD = inBackground(Bf16Rows::run);

    static void start() {
      assert THREAD.isDaemon(); // started when this class was initialised
    }

    private static void run() {
      WarmUp.run((a, b, c) -> Bf16PanelKernels.oneRowTwoPanels(a, b, c, c, HEAD_SIZE));
      WarmUp.run((a, b, c) -> Bf16PanelKernels.multiply(a, b, c, 7, HEAD_SIZE));
      long bytes = (long) TileGemm.COLUMNS * Float.BYTES;
      WarmUp.run((a, b, c) -> Bf16PanelKernels.widenVector(a, bytes, b, true, HEAD_SIZE));
      TableKernel table = new Bf16TableKernel(WIDTH / 2);
      WarmUp.run((a, b, c) -> table.addUp(a, b, c, ROW / 2));
      WarmUp.run((a, b, c) -> VectorAdd.add(a, b, c, WIDTH));
    }
  }
}
