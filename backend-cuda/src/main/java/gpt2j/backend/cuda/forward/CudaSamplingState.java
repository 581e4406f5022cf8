package gpt2j.backend.cuda.forward;

import static jcuda.driver.JCudaDriver.cuMemsetD8Async;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cuda.driver.Closer;
import gpt2j.backend.cuda.driver.Cuda;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.launch.KernelLauncher;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.DeviceMemory;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import jcuda.driver.CUfunction;

/** Sampling state in device memory, and how it is drawn from. */
public final class CudaSamplingState implements SamplingState {
  private static final int BLOCK = 256;
  private static final int FILTER_BLOCK = 1024;
  private static final int TOKENS_OF_BLOCK = 1024;
  private static final int MOST_BLOCKS = 64;
  private static final int CANDIDATE_BYTES = 16;
  private static final int MOST_ROWS = 65_535;

  private final CudaRuntime runtime;
  private final Uploads uploads;
  private final Runnable beforeReset;
  private final int rows;
  private final int vocabulary;
  private final SamplingParameters parameters;
  private final int blocks; // of one row in the draw without filters
  private final CUfunction kernel;
  private final CUfunction reset;
  private final boolean filtered;

  private final Closer closer = new Closer();
  private final DeviceMemory.Region streams; // [rows] 64-bit
  private final DeviceMemory.Region draws; // [rows]
  private final DeviceMemory.Region seen; // [rows][vocabulary / 32, rounded up] bits
  private final DeviceMemory.Region candidates; // [rows][blocks]
  private final DeviceMemory.Region counters; // [rows]

  /**
   * State as after a reset of each row to its own stream.
   *
   * @param beforeReset called before anything else is queued
   */
  public CudaSamplingState(
      CudaRuntime runtime,
      Uploads uploads,
      Runnable beforeReset,
      int rows,
      int vocabulary,
      SamplingParameters parameters) {
    if (rows > MOST_ROWS) {
      throw new UnsupportedException(
          "the cuda backend draws for at most %d rows at a time, not %d"
              .formatted(MOST_ROWS, rows));
    }
    this.runtime = runtime;
    this.uploads = uploads;
    this.beforeReset = beforeReset;
    this.rows = rows;
    this.vocabulary = vocabulary;
    this.parameters = parameters;
    blocks = Math.clamp(Math.ceilDiv(vocabulary, TOKENS_OF_BLOCK), 1, MOST_BLOCKS);
    boolean everyToken =
        (parameters.topK() == 0 || parameters.topK() >= vocabulary)
            && parameters.topP() == 1
            && parameters.minP() == 0;
    filtered = parameters.temperature() > 0 && !everyToken;
    kernel = runtime.kernels().get(filtered ? "sample_filtered" : "sample_plain");
    reset = runtime.kernels().get("reset_sampling");
    try {
      streams = region(Long.BYTES);
      draws = region(Integer.BYTES);
      seen = region((long) Math.ceilDiv(vocabulary, Integer.SIZE) * Integer.BYTES);
      candidates = region((long) blocks * CANDIDATE_BYTES);
      counters = region(Integer.BYTES);
      Cuda.check(
          "cuMemsetD8Async",
          cuMemsetD8Async(
              counters.pointer(0), (byte) 0, counters.bytes(), runtime.context().stream()));
      for (int row = 0; row < rows; row++) {
        queueReset(row, row, 0, 0, 0);
      }
    } catch (RuntimeException e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  private DeviceMemory.Region region(long bytesOfRow) {
    long bytes = Math.multiplyExact(rows, bytesOfRow);
    return closer.add(runtime.memory().allocate("the sampling state", bytes, Usage.ACTIVATION));
  }

  /** The state as this backend's own. */
  public static CudaSamplingState of(SamplingState state) {
    if (state instanceof CudaSamplingState own) {
      return own;
    }
    throw new IllegalArgumentException(
        "a sampling state of another backend: " + state.getClass().getSimpleName());
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int vocabulary() {
    return vocabulary;
  }

  @Override
  public SamplingParameters parameters() {
    return parameters;
  }

  @Override
  public void reset(int row, long stream, int draw, int... tokensSeen) {
    requireIndex("row", row, rows);
    BitSet distinct = new BitSet();
    for (int token : tokensSeen) {
      requireIndex("token", token, vocabulary);
      distinct.set(token);
    }
    beforeReset.run();
    if (parameters.repetitionPenalty() == 1 || distinct.isEmpty()) {
      queueReset(row, stream, draw, 0, 0);
    } else {
      int[] tokens = distinct.stream().toArray();
      uploads.withDeviceCopy(
          MemorySegment.ofArray(tokens),
          address -> queueReset(row, stream, draw, address, tokens.length));
    }
  }

  private void queueReset(int row, long stream, int draw, long tokens, int count) {
    runtime
        .launcher()
        .begin()
        .address(streams.address())
        .address(draws.address())
        .address(seen.address())
        .integer(row)
        .wide(stream)
        .integer(draw)
        .integer(vocabulary)
        .address(tokens)
        .integer(count)
        .launch(reset, 1, 1, 1, BLOCK, 0);
  }

  private static void requireIndex(String name, int index, int bound) {
    if (index < 0 || index >= bound) {
      throw new IllegalArgumentException("sampling: %s %d of %d".formatted(name, index, bound));
    }
  }

  /** Whether some tokens may be left out of a draw, so that it needs a kernel of its own. */
  boolean isFiltered() {
    return filtered;
  }

  /** Queues a draw for every row. */
  public void draw(CudaTensor tokens, CudaTensor logits) {
    if (filtered) {
      drawFiltered(tokens, logits, 0, 0);
    } else {
      addTo(begin(tokens, logits))
          .address(candidates.address())
          .address(counters.address())
          .launch(kernel, blocks, rows, 1, BLOCK, 0);
    }
  }

  /**
   * Queues a draw with filters for every row.
   *
   * @param peaks where the largest logit of each {@code span} tokens is; 0 if nowhere
   */
  void drawFiltered(CudaTensor tokens, CudaTensor logits, long peaks, int span) {
    KernelLauncher launch = begin(tokens, logits);
    launch.integer(parameters.topK()).real(parameters.topP()).real(parameters.minP());
    addTo(launch).address(peaks).integer(span).launch(kernel, rows, 1, 1, FILTER_BLOCK, 0);
  }

  private KernelLauncher begin(CudaTensor tokens, CudaTensor logits) {
    return runtime
        .launcher()
        .begin()
        .address(tokens.address())
        .address(logits.address())
        .integer(vocabulary);
  }

  /** Adds what every kernel that draws must know. */
  KernelLauncher addTo(KernelLauncher launch) {
    return launch
        .real(parameters.temperature())
        .real(parameters.repetitionPenalty())
        .wide(parameters.seed())
        .address(streams.address())
        .address(draws.address())
        .address(seen.address());
  }

  @Override
  public void close() {
    closer.close();
  }
}
