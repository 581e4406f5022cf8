package gpt2j.backend.cuda;

import gpt2j.api.DeviceInfo;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.Operations;
import gpt2j.api.Profiler;
import gpt2j.api.SamplingState;
import gpt2j.api.Step;
import gpt2j.api.TokenQueue;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.api.training.TrainingOperations;
import gpt2j.backend.cuda.driver.CudaDevice;
import gpt2j.backend.cuda.forward.Attention;
import gpt2j.backend.cuda.forward.CudaSamplingState;
import gpt2j.backend.cuda.forward.Fusion;
import gpt2j.backend.cuda.forward.Head;
import gpt2j.backend.cuda.forward.LayerNorm;
import gpt2j.backend.cuda.forward.Linear;
import gpt2j.backend.cuda.forward.Uploads;
import gpt2j.backend.cuda.gemm.Gemm;
import gpt2j.backend.cuda.gemm.GemmChoice;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.memory.CudaEmbeddingTable;
import gpt2j.backend.cuda.memory.CudaKvCache;
import gpt2j.backend.cuda.memory.CudaLinearWeights;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.Staging;
import gpt2j.backend.cuda.step.CudaProfiler;
import gpt2j.backend.cuda.step.CudaStep;
import gpt2j.backend.cuda.step.CudaTokenQueue;
import gpt2j.backend.cuda.step.HostRanges;
import gpt2j.backend.cuda.step.Recorder;
import gpt2j.backend.cuda.training.CudaTrainingOperations;
import gpt2j.spi.UncheckedBackend;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A GPU, reached through the CUDA driver. */
final class CudaBackend extends UncheckedBackend {
  private final CudaRuntime runtime;
  private final DeviceInfo device;
  private final Uploads uploads;
  private final Attention attention;
  private final Gemm gemm;
  private final Fusion fusion;
  private final Recorder recorder;
  private final CudaProfiler profiler;
  private final Operations operations;
  private final int runAhead;
  private final Set<CudaStep> steps = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<CudaTokenQueue> queues = Collections.newSetFromMap(new IdentityHashMap<>());
  private @Nullable TrainingOperations training; // once it is asked for

  /**
   * Opens a device.
   *
   * @param runAhead steps that may be queued before the tokens of one are taken
   * @param batchInvariant whether a row's results must not depend on what else is computed
   */
  CudaBackend(
      CudaDevice device,
      OptionalLong memoryLimit,
      GemmChoice choice,
      int runAhead,
      boolean batchInvariant) {
    this.runAhead = runAhead;
    runtime = new CudaRuntime(device, memoryLimit);
    try {
      uploads = new Uploads(runtime);
      recorder = new Recorder(runtime.memory());
      attention = new Attention(runtime, batchInvariant);
      gemm = runtime.own(choice.open(runtime));
      this.device =
          CudaBackendProvider.describe(
              device,
              runtime.context().freeMemory(),
              runtime.kernels().variant().toString(),
              Map.of(
                  "products of many rows",
                  batchInvariant ? "a few rows at a time" : gemm.description()));
      Linear linear = new Linear(runtime, gemm, batchInvariant);
      fusion =
          new Fusion(new LayerNorm(runtime), linear, new Head(runtime, linear), batchInvariant);
      runtime.memory().beforeFreeing(this::queueWhatIsHeldBack);
      HostRanges ranges = HostRanges.find(System.getenv());
      profiler = runtime.own(new CudaProfiler(runtime.context(), fusion::flush, ranges));
      operations = new CudaOperations(runtime, fusion, recorder, attention);
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
  public boolean supports(WeightFormat format) {
    return format.plain().isPresent();
  }

  /** Called first by whatever isn't an operation. */
  private void enter() {
    runtime.context().enter();
  }

  @Override
  public void requireRoom(String what, long bytes) {
    enter();
    runtime.memory().requireRoom(what, bytes);
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    enter();
    long bytes = Math.multiplyExact(shape.elements(), type.bytes());
    return new CudaTensor(runtime.memory().allocate(type + " " + shape, bytes, usage), type, shape);
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    enter();
    return new CudaLinearWeights(uploads.linear(weight, bias, format));
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, WeightFormat format) {
    enter();
    return new CudaEmbeddingTable(uploads.table(rows, format));
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    enter();
    return new CudaKvCache(runtime.memory(), spec);
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary) {
    enter();
    return new CudaSamplingState(runtime, uploads, this::queue, rows, vocabulary);
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    enter();
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
  private void queue() {
    enter();
    fusion.flush();
  }

  @Override
  public void write(Tensor to, MemorySegment from) {
    queue();
    CudaTensor target = CudaTensor.of(to);
    runtime.staging().write(target.region(), target.offset(), from);
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    queue();
    CudaTensor source = CudaTensor.of(from);
    runtime.staging().read(source.region(), source.offset(), to);
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    queue();
    KvCacheSpec spec = cache.spec();
    long rowBytes = (long) spec.width() * Float.BYTES;
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
      known = new CudaTrainingOperations(runtime, fusion, gemm);
      training = known;
    }
    return known;
  }

  @Override
  public Step record(String name, Runnable body) {
    enter();
    CudaStep step =
        new CudaStep(name, runtime, fusion, recorder, profiler, this::recordOperations, body);
    steps.removeIf(CudaStep::isClosed);
    steps.add(step);
    return step;
  }

  private void recordOperations(Runnable body) {
    profiler.suspend(true);
    try {
      body.run();
    } finally {
      profiler.suspend(false);
    }
  }

  @Override
  public Profiler profiler() {
    return profiler;
  }

  @Override
  public void synchronize() {
    queue();
    runtime.context().synchronize();
  }

  @Override
  public void close() {
    fusion.discard();
    queues.forEach(runtime::own);
    steps.forEach(runtime::own);
    queues.clear();
    steps.clear();
    runtime.close();
  }
}
