package gpt2j.backend.cpu;

import gpt2j.api.BackendOptions;
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
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.api.training.TrainingOperations;
import gpt2j.backend.cpu.attention.CpuKvCache;
import gpt2j.backend.cpu.kernel.TileGemm;
import gpt2j.backend.cpu.machine.Machine;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.sampling.CpuSamplingState;
import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.training.CpuTrainingOperations;
import gpt2j.backend.cpu.weights.Bf16Matrix;
import gpt2j.backend.cpu.weights.Bf16Table;
import gpt2j.backend.cpu.weights.CpuLinearWeights;
import gpt2j.backend.cpu.weights.F32Matrix;
import gpt2j.backend.cpu.weights.F32Table;
import gpt2j.backend.cpu.weights.GroupedMatrix;
import gpt2j.backend.cpu.weights.Matrix;
import gpt2j.spi.HostTokenQueue;
import gpt2j.spi.UncheckedBackend;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The processor: operations are done when their call returns, so nothing ever waits. */
final class CpuBackend extends UncheckedBackend {
  private final CpuRuntime runtime;
  private final DeviceInfo device;
  private final Operations operations;
  private final TrainingOperations training;

  CpuBackend(BackendOptions options) {
    WarmUp.start();
    if (options.batchInvariant()) {
      WarmUp.startTiles();
    }
    DeviceInfo machine = Machine.describe();
    int threads = options.threads().orElse(machine.threads());
    device =
        new DeviceInfo(
            machine.name(),
            machine.totalMemory(),
            machine.freeMemory(),
            threads,
            machine.prefillRows(),
            machine.properties());
    runtime = new CpuRuntime(threads, options.memoryLimit(), options.batchInvariant());
    if (!TileGemm.IS_FASTER) {
      runtime.products().start(); // the first prompt will need it
    }
    operations = new CpuOperations(runtime);
    training = new CpuTrainingOperations(runtime);
  }

  @Override
  public DeviceInfo device() {
    return device;
  }

  @Override
  public MemoryUsage memory() {
    return runtime.allocator().usage();
  }

  @Override
  public boolean supports(WeightFormat format) {
    return format != WeightFormat.F16;
  }

  @Override
  public void requireRoom(String what, long bytes) {
    runtime.allocator().requireRoom(what, bytes);
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    long bytes = Math.multiplyExact(shape.elements(), type.bytes());
    return new CpuTensor(
        runtime.allocator().allocate(type + " " + shape, bytes, usage), type, shape);
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    Matrix matrix = matrix(weight, format);
    try {
      return new CpuLinearWeights(matrix, bias == null ? null : vector(bias));
    } catch (RuntimeException e) {
      matrix.close();
      throw e;
    }
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, WeightFormat format) {
    WarmUp.start(format);
    return switch (format) {
      case F32 -> new F32Table(runtime, rows);
      case BF16 -> new Bf16Table(runtime, rows);
      case Q8_0, Q4_0 -> GroupedMatrix.ofTable(runtime, rows, format);
      case F16 -> throw lacking(format);
    };
  }

  private Matrix matrix(HostTensor tensor, WeightFormat format) {
    WarmUp.start(format);
    return switch (format) {
      case F32 -> new F32Matrix(runtime, tensor);
      case BF16 -> new Bf16Matrix(runtime, tensor);
      case Q8_0, Q4_0 -> GroupedMatrix.ofMatrix(runtime, tensor, format);
      case F16 -> throw lacking(format);
    };
  }

  private static UnsupportedException lacking(WeightFormat format) {
    return new UnsupportedException(
        "the cpu backend keeps weights in F32, BF16, Q8_0 or Q4_0, not in " + format);
  }

  private CpuTensor vector(HostTensor tensor) {
    int count = tensor.shape().rows();
    float[] values = new float[count];
    tensor.copyTo(0, values, 0, count);
    CpuTensor vector = (CpuTensor) allocate(DataType.F32, Shape.of(count), Usage.WEIGHTS);
    Memory.copy(values, 0, vector.address(), count);
    return vector;
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    return new CpuKvCache(runtime.allocator(), spec);
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary) {
    return new CpuSamplingState(rows, vocabulary);
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    return new HostTokenQueue(rows);
  }

  @Override
  public void write(Tensor to, MemorySegment from) {
    Memory.segment(CpuTensor.address(to), to.bytes()).copyFrom(from);
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    to.copyFrom(Memory.segment(CpuTensor.address(from), from.bytes()));
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    KvCacheSpec spec = cache.spec();
    long headBytes = (long) spec.headSize() * Float.BYTES;
    CpuKvCache source = CpuKvCache.of(cache);
    long scratch = runtime.scratch().bytes(2 * headBytes);
    for (int position = 0; position < positions; position++) {
      for (int head = 0; head < spec.heads(); head++) {
        long at = ((long) position * spec.heads() + head) * headBytes;
        source.load(layer, slot, head, position, scratch, scratch + headBytes);
        keys.asSlice(at, headBytes).copyFrom(Memory.segment(scratch, headBytes));
        values.asSlice(at, headBytes).copyFrom(Memory.segment(scratch + headBytes, headBytes));
      }
    }
  }

  @Override
  public Operations operations() {
    return operations;
  }

  @Override
  public TrainingOperations training() {
    runtime.products().start(); // every step will need it
    return training;
  }

  @Override
  public Step record(String name, Runnable body) {
    return new CpuStep(name, body);
  }

  @Override
  public Profiler profiler() {
    return runtime.profiler();
  }

  @Override
  public void synchronize() {} // nothing is ever queued

  @Override
  public void close() {
    runtime.close();
  }

  /** Runs the body again. */
  private record CpuStep(String name, Runnable body) implements Step {
    @Override
    public void run() {
      body.run();
    }

    @Override
    public void close() {}
  }
}
