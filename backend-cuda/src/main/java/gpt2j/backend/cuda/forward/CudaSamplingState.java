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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import jcuda.driver.CUfunction;
import org.jspecify.annotations.Nullable;

/** Sampling state in device memory, and how it is drawn from. */
public final class CudaSamplingState implements SamplingState {
  private static final int BLOCK = 256;
  private static final int FILTER_BLOCK = 1024;
  private static final int TOKENS_OF_BLOCK = 1024;
  private static final int MOST_BLOCKS = 64;

  /** Of what a block finds for a row. */
  static final int CANDIDATE_BYTES = 16;

  private static final int MOST_ROWS = 65_535;

  /** The kernels' {@code Settings}. */
  private static final int SETTINGS_BYTES = 6 * Float.BYTES + 2 * Integer.BYTES + Long.BYTES;

  private static final int FILTERED = 1;
  private static final int BIASED = 2;
  private static final int RESTRICTED = 4;

  private final CudaRuntime runtime;
  private final Uploads uploads;
  private final Runnable beforeChange;
  private final int rows;
  private final int vocabulary;
  private final int words; // that hold a bit for each token
  private final int blocks; // of one row in the draw without filters
  private final CUfunction plain;
  private final CUfunction filtered;
  private final CUfunction reset;

  private final SamplingParameters[] parameters; // by row, as written last
  private final boolean[] restricted; // the same
  private boolean mayFilter; // whether any row ever had filters

  private final Closer closer = new Closer();
  private final DeviceMemory.Region settings; // [rows]
  private final DeviceMemory.Region streams; // [rows] 64-bit
  private final DeviceMemory.Region draws; // [rows]
  private final DeviceMemory.Region seen; // [rows][words]
  private final DeviceMemory.Region counts; // [rows][vocabulary]
  private final DeviceMemory.Region biases; // [rows][vocabulary]
  private final DeviceMemory.Region allowed; // [rows][words]
  private final DeviceMemory.Region candidates; // [rows][blocks]
  private final DeviceMemory.Region counters; // [rows]

  /**
   * State as {@link gpt2j.api.Backend#samplingState} demands.
   *
   * @param beforeChange called before anything else is queued
   */
  public CudaSamplingState(
      CudaRuntime runtime, Uploads uploads, Runnable beforeChange, int rows, int vocabulary) {
    if (rows > MOST_ROWS) {
      throw new UnsupportedException(
          "the cuda backend draws for at most %d rows at a time, not %d"
              .formatted(MOST_ROWS, rows));
    }
    this.runtime = runtime;
    this.uploads = uploads;
    this.beforeChange = beforeChange;
    this.rows = rows;
    this.vocabulary = vocabulary;
    words = Math.ceilDiv(vocabulary, Integer.SIZE);
    blocks = Math.clamp(Math.ceilDiv(vocabulary, TOKENS_OF_BLOCK), 1, MOST_BLOCKS);
    plain = runtime.kernels().get("sample_plain");
    filtered = runtime.kernels().get("sample_filtered");
    reset = runtime.kernels().get("reset_sampling");
    parameters = new SamplingParameters[rows];
    restricted = new boolean[rows];
    try {
      settings = region(SETTINGS_BYTES);
      streams = region(Long.BYTES);
      draws = region(Integer.BYTES);
      seen = region((long) words * Integer.BYTES);
      counts = region((long) vocabulary * Integer.BYTES);
      biases = region((long) vocabulary * Float.BYTES);
      allowed = region((long) words * Integer.BYTES);
      candidates = region((long) blocks * CANDIDATE_BYTES);
      counters = region(Integer.BYTES);
      Cuda.check(
          "cuMemsetD8Async",
          cuMemsetD8Async(
              counters.pointer(0), (byte) 0, counters.bytes(), runtime.context().stream()));
      for (int row = 0; row < rows; row++) {
        use(row, SamplingParameters.greedy());
        queueReset(row, row, 0, 0, 0, 0);
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
  public void use(int row, SamplingParameters changed) {
    beforeChange.run();
    if (!changed.logitBias().isEmpty()) {
      float[] dense = new float[vocabulary];
      changed.logitBias().forEach((token, bias) -> dense[token] = bias);
      long offset = (long) row * vocabulary * Float.BYTES;
      runtime.staging().write(biases, offset, MemorySegment.ofArray(dense));
    }
    parameters[row] = changed;
    writeSettings(row);
  }

  @Override
  public void allow(int row, @Nullable BitSet tokens) {
    beforeChange.run();
    if (tokens != null) {
      int[] bits = new int[words];
      tokens.stream().forEach(token -> bits[token / Integer.SIZE] |= 1 << token % Integer.SIZE);
      long offset = (long) row * words * Integer.BYTES;
      runtime.staging().write(allowed, offset, MemorySegment.ofArray(bits));
    }
    restricted[row] = tokens != null;
    writeSettings(row);
  }

  private void writeSettings(int row) {
    SamplingParameters own = parameters[row];
    boolean filters = own.filters(vocabulary);
    mayFilter |= filters;
    int flags =
        (filters ? FILTERED : 0)
            | (own.logitBias().isEmpty() ? 0 : BIASED)
            | (restricted[row] ? RESTRICTED : 0);
    ByteBuffer written =
        ByteBuffer.allocate(SETTINGS_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putFloat(own.temperature())
            .putFloat(own.topP())
            .putFloat(own.minP())
            .putFloat(own.repetitionPenalty())
            .putFloat(own.presencePenalty())
            .putFloat(own.frequencyPenalty())
            .putInt(own.topK())
            .putInt(flags)
            .putLong(own.seed());
    long offset = (long) row * SETTINGS_BYTES;
    runtime.staging().write(settings, offset, MemorySegment.ofBuffer(written.flip()));
  }

  @Override
  public void reset(int row, long stream, int draw, int[] prompt, int[] drawn) {
    beforeChange.run();
    int count = prompt.length + drawn.length;
    if (count == 0) {
      queueReset(row, stream, draw, 0, 0, 0);
      return;
    }
    int[] tokens = Arrays.copyOf(prompt, count);
    System.arraycopy(drawn, 0, tokens, prompt.length, drawn.length);
    uploads.withDeviceCopy(
        MemorySegment.ofArray(tokens),
        address -> queueReset(row, stream, draw, address, count, drawn.length));
  }

  private void queueReset(int row, long stream, int draw, long tokens, int count, int drawn) {
    runtime
        .launcher()
        .begin()
        .address(streams.address())
        .address(draws.address())
        .address(seen.address())
        .address(counts.address())
        .integer(row)
        .wide(stream)
        .integer(draw)
        .integer(vocabulary)
        .address(tokens)
        .integer(count)
        .integer(drawn)
        .launch(reset, 1, 1, 1, BLOCK, 0);
  }

  /**
   * Whether some row may have filters, which are a kernel's of its own: once one had, for good. A
   * graph that was captured before lacks that kernel.
   */
  public boolean mayFilter() {
    return mayFilter;
  }

  /** Queues a draw for as many rows as there are tokens. */
  public void draw(CudaTensor tokens, CudaTensor logits) {
    addTo(begin(tokens, logits))
        .address(candidates.address())
        .address(counters.address())
        .launch(plain, blocks, tokens.shape().rows(), 1, BLOCK, 0);
    drawFiltered(tokens, logits, 0, 0);
  }

  /**
   * Queues a draw for those rows that have filters, if there may be any.
   *
   * @param peaks where the largest logit of each {@code span} tokens is; 0 if nowhere
   */
  void drawFiltered(CudaTensor tokens, CudaTensor logits, long peaks, int span) {
    if (mayFilter) {
      addTo(begin(tokens, logits))
          .address(peaks)
          .integer(span)
          .launch(filtered, tokens.shape().rows(), 1, 1, FILTER_BLOCK, 0);
    }
  }

  private KernelLauncher begin(CudaTensor tokens, CudaTensor logits) {
    return runtime
        .launcher()
        .begin()
        .address(tokens.address())
        .address(logits.address())
        .integer(vocabulary);
  }

  /** Adds what every kernel that draws must know: {@code SAMPLING_STATES}. */
  KernelLauncher addTo(KernelLauncher launch) {
    return launch
        .address(settings.address())
        .address(streams.address())
        .address(draws.address())
        .address(seen.address())
        .address(counts.address())
        .address(biases.address())
        .address(allowed.address());
  }

  @Override
  public void close() {
    closer.close();
  }
}
