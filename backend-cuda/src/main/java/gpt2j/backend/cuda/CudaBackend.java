package gpt2j.backend.cuda;

import gpt2j.api.Backend;
import gpt2j.api.CheckedOperations;
import gpt2j.api.CheckedTrainingOperations;
import gpt2j.api.DataType;
import gpt2j.api.DeviceInfo;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.HostTensor;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.MemoryUsage;
import gpt2j.api.Operations;
import gpt2j.api.Precision;
import gpt2j.api.Profiler;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.Shape;
import gpt2j.api.Step;
import gpt2j.api.Tensor;
import gpt2j.api.TokenQueue;
import gpt2j.api.TrainingOperations;
import gpt2j.api.Usage;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A GPU, reached through the CUDA driver. */
final class CudaBackend implements Backend {
  private final CudaRuntime runtime;
  private final DeviceInfo device;
  private final Uploads uploads;
  private final Attention attention;
  private final Gemm gemm;
  private final Fusion fusion;
  private final CudaProfiler profiler;
  private final Operations operations;
  private final int runAhead;
  private final Set<CudaStep> steps = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<CudaTokenQueue> queues = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Lock lock = new ReentrantLock();
  private @Nullable TrainingOperations training; // once it is asked for
  private @Nullable String recording; // the step that is being recorded

  /**
   * Opens a device.
   *
   * @param runAhead steps that may be queued before the tokens of one are taken
   */
  CudaBackend(CudaDevice device, OptionalLong memoryLimit, GemmChoice choice, int runAhead) {
    this.runAhead = runAhead;
    runtime = new CudaRuntime(device, memoryLimit);
    try {
      uploads = new Uploads(runtime);
      attention = new Attention(runtime);
      gemm = runtime.own(choice.open(runtime));
      this.device =
          CudaBackendProvider.describe(
              device,
              runtime.context().freeMemory(),
              runtime.kernels().variant().toString(),
              Map.of("products of many rows", gemm.description()));
      Products products = new Products(runtime, gemm);
      fusion = new Fusion(new LayerNorm(runtime), products, new Head(runtime, products));
      runtime.memory().beforeFreeing(this::queueWhatIsHeldBack);
      HostRanges ranges = HostRanges.find(System.getenv());
      profiler = runtime.own(new CudaProfiler(runtime.context(), fusion::flush, ranges));
      operations = new CheckedOperations(new CudaOperations(runtime, fusion, attention));
    } catch (RuntimeException e) {
      runtime.closeAfter(e);
      throw e;
    }
  }

  @Override
  public DeviceInfo device() {
    return device;
  }

  @Override
  public MemoryUsage memory() {
    return runtime.memory().usage();
  }

  @Override
  public boolean supports(Precision precision) {
    return true;
  }

  @Override
  public Lock lock() {
    return lock;
  }

  /** Called first by whatever isn't an operation: none of it can be a part of a recorded step. */
  private void enter(String what) {
    if (recording != null) {
      throw new IllegalStateException(
          "the step %s can't be recorded: it calls %s, which is no operation"
              .formatted(recording, what));
    }
    runtime.context().enter();
  }

  @Override
  public void requireRoom(String what, long bytes) {
    enter("requireRoom");
    runtime.memory().requireRoom(what, bytes);
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    enter("allocate");
    long bytes = Math.multiplyExact(shape.elements(), type.bytes());
    return new CudaTensor(runtime.memory().allocate(type + " " + shape, bytes, usage), type, shape);
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, Precision precision) {
    enter("linearWeights");
    requireFloats(weight, 2);
    if (bias != null) {
      requireFloats(bias, 1);
      if (bias.shape().rows() != weight.shape().size(1)) {
        throw new IllegalArgumentException(
            "%s %s does not fit %s %s"
                .formatted(bias.name(), bias.shape(), weight.name(), weight.shape()));
      }
    }
    return new CudaLinearWeights(uploads.linear(weight, bias, precision));
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, Precision precision) {
    enter("embeddingTable");
    requireFloats(rows, 2);
    return new CudaEmbeddingTable(uploads.table(rows, precision));
  }

  private static void requireFloats(HostTensor tensor, int rank) {
    if (tensor.type() == DataType.I32 || tensor.shape().rank() != rank) {
      throw new IllegalArgumentException(
          "%s must have %d dimensions of floating-point values, not %s %s"
              .formatted(tensor.name(), rank, tensor.type(), tensor.shape()));
    }
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    enter("kvCache");
    return new CudaKvCache(runtime.memory(), spec);
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary, SamplingParameters parameters) {
    enter("samplingState");
    return new CudaSamplingState(
        runtime, uploads, () -> queue("reset"), rows, vocabulary, parameters);
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    enter("tokenQueue");
    CudaTokenQueue queue = new CudaTokenQueue(runtime, rows, runAhead);
    queues.removeIf(CudaTokenQueue::isClosed);
    queues.add(queue);
    return queue;
  }

  /** Called before memory is given back, which what is held back may need. */
  private void queueWhatIsHeldBack() {
    if (fusion.isHolding()) {
      runtime.context().enter();
      fusion.flush();
    }
  }

  /** Called before something is queued that is no operation. */
  private void queue(String what) {
    enter(what);
    fusion.flush();
  }

  @Override
  public void write(Tensor to, MemorySegment from) {
    queue("write");
    requireSize(to, from);
    CudaTensor target = CudaTensor.of(to);
    runtime.staging().write(target.region(), target.offset(), from);
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    queue("read");
    requireSize(from, to);
    CudaTensor source = CudaTensor.of(from);
    runtime.staging().read(source.region(), source.offset(), to);
  }

  private static void requireSize(Tensor tensor, MemorySegment segment) {
    if (segment.byteSize() != tensor.bytes()) {
      throw new IllegalArgumentException(
          "%s %s has %d bytes, not %d"
              .formatted(tensor.type(), tensor.shape(), tensor.bytes(), segment.byteSize()));
    }
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    queue("readKv");
    KvCacheSpec spec = cache.spec();
    long rowBytes = (long) spec.width() * Float.BYTES;
    if (layer < 0
        || layer >= spec.layers()
        || slot < 0
        || slot >= spec.sequences()
        || positions < 0
        || positions > spec.capacity()
        || keys.byteSize() != positions * rowBytes
        || values.byteSize() != positions * rowBytes) {
      throw new IllegalArgumentException(
          "readKv: layer %d, slot %d, %d positions into %d and %d bytes of %s"
              .formatted(layer, slot, positions, keys.byteSize(), values.byteSize(), spec));
    }
    Staging staging = runtime.staging();
    int most = Math.toIntExact(Staging.HALF / 2 / rowBytes);
    for (int first = 0; first < positions; first += most) {
      int count = Math.min(most, positions - first);
      long bytes = count * rowBytes;
      long address = staging.receiving();
      attention.read(
          CudaKvCache.of(cache), layer, slot, first, count, address, address + Staging.HALF / 2);
      runtime.context().synchronize();
      keys.asSlice(first * rowBytes, bytes).copyFrom(staging.received().asSlice(0, bytes));
      values
          .asSlice(first * rowBytes, bytes)
          .copyFrom(staging.received().asSlice(Staging.HALF / 2, bytes));
    }
  }

  @Override
  public Operations operations() {
    return operations;
  }

  @Override
  public TrainingOperations training() {
    TrainingOperations known = training;
    if (known == null) {
      runtime.context().enter();
      known = new CheckedTrainingOperations(new CudaTrainingOperations(runtime, fusion, gemm));
      training = known;
    }
    return known;
  }

  @Override
  public Step record(String name, Runnable body) {
    enter("record");
    CudaStep step = new CudaStep(name, runtime, fusion, profiler, this::recordOperations, body);
    steps.removeIf(CudaStep::isClosed);
    steps.add(step);
    return step;
  }

  private void recordOperations(String name, Runnable body) {
    recording = name;
    profiler.suspend(true);
    try {
      body.run();
    } finally {
      profiler.suspend(false);
      recording = null;
    }
  }

  @Override
  public Profiler profiler() {
    return profiler;
  }

  @Override
  public void synchronize() {
    queue("synchronize");
    runtime.context().synchronize();
  }

  @Override
  public void close() {
    if (!runtime.isClosed()) {
      fusion.discard();
      queues.forEach(runtime::own);
      steps.forEach(runtime::own);
      queues.clear();
      steps.clear();
      runtime.close();
    }
  }
}
