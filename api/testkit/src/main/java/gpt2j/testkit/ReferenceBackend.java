package gpt2j.testkit;

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
import gpt2j.spi.HostProfiler;
import gpt2j.spi.HostTokenQueue;
import gpt2j.spi.UncheckedBackend;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Everything is done when the call returns, on the thread that calls. */
final class ReferenceBackend extends UncheckedBackend {
  private final ReferenceMemory memory;
  private final int runAhead;
  private final Operations operations = new ReferenceOperations();
  private final TrainingOperations training = new ReferenceTraining();
  private final Profiler profiler = new HostProfiler();

  ReferenceBackend(OptionalLong memoryLimit, int runAhead) {
    memory = new ReferenceMemory(memoryLimit.orElse(Runtime.getRuntime().maxMemory()));
    this.runAhead = runAhead;
  }

  static DeviceInfo describeDevice() {
    Runtime runtime = Runtime.getRuntime();
    long used = runtime.totalMemory() - runtime.freeMemory();
    return new DeviceInfo(
        "Java " + Runtime.version().feature(),
        runtime.maxMemory(),
        runtime.maxMemory() - used,
        1,
        1024,
        Map.of());
  }

  @Override
  public DeviceInfo device() {
    return describeDevice();
  }

  @Override
  public MemoryUsage memory() {
    return memory.usage();
  }

  @Override
  public boolean supports(WeightFormat format) {
    return true;
  }

  @Override
  public void requireRoom(String what, long bytes) {
    memory.requireRoom(what, bytes);
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    return ReferenceTensor.allocate(memory, type, shape, usage);
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    return new ReferenceLinear(memory, weight, bias, format);
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, WeightFormat format) {
    return new ReferenceTable(memory, rows, format);
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    return new ReferenceCache(memory, spec);
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary) {
    return new ReferenceSampling(memory, rows, vocabulary);
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    return new HostTokenQueue(rows, runAhead);
  }

  @Override
  public void write(Tensor to, MemorySegment from) {
    bytesOf(to, from).copyFrom(from);
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    to.copyFrom(bytesOf(from, to));
  }

  private MemorySegment bytesOf(Tensor tensor, MemorySegment host) {
    MemorySegment bytes = ((ReferenceTensor) tensor).memory();
    if (bytes.byteSize() != host.byteSize()) {
      throw new IllegalArgumentException(
          "%s %s has %,d bytes, the host's memory %,d"
              .formatted(tensor.type(), tensor.shape(), bytes.byteSize(), host.byteSize()));
    }
    return bytes;
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    ReferenceCache own = (ReferenceCache) cache;
    own.requireLayer(layer);
    own.requireRange(slot, positions);
    own.read(layer, slot, positions, keys, values);
  }

  @Override
  public Operations operations() {
    return operations;
  }

  @Override
  public TrainingOperations training() {
    return training;
  }

  @Override
  public Step record(String name, Runnable body) {
    return new ReferenceStep(memory, name, body);
  }

  @Override
  public Profiler profiler() {
    return profiler;
  }

  @Override
  public void synchronize() {
    // Everything is done at once.
  }

  @Override
  public void close() {
    memory.close();
  }

  /** A step without a recording: it runs the body each time. */
  private static final class ReferenceStep extends ReferenceHandle implements Step {
    private final String name;
    private final Runnable body;

    ReferenceStep(ReferenceMemory memory, String name, Runnable body) {
      super(memory, "a step", Usage.ACTIVATION, 0);
      this.name = name;
      this.body = body;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void run() {
      body.run();
    }
  }
}
