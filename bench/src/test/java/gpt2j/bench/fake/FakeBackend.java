package gpt2j.bench.fake;

import gpt2j.api.Backend;
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
import gpt2j.api.Usage;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** Holds memory as the reference backend does, computes nothing, and takes its virtual time. */
final class FakeBackend implements Backend {
  private final Backend memory;
  private final VirtualTime time;
  private final FakeProfiler profiler;
  private final FakeOperations operations;
  private final FakeDevice device;
  private final int threads;

  FakeBackend(Backend memory, FakeDevice device, int threads) {
    this.memory = memory;
    this.threads = threads;
    this.device = device;
    time = device.time();
    profiler = new FakeProfiler(time);
    operations = new FakeOperations(memory, device, profiler);
  }

  @Override
  public DeviceInfo device() {
    return new DeviceInfo("fake device", 1L << 40, 1L << 40, threads, 1024, Map.of());
  }

  @Override
  public MemoryUsage memory() {
    return memory.memory();
  }

  @Override
  public boolean supports(Precision precision) {
    return precision != Precision.F16;
  }

  @Override
  public Lock lock() {
    return memory.lock();
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    return memory.allocate(type, shape, usage);
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, Precision precision) {
    return memory.linearWeights(weight, bias, precision);
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, Precision precision) {
    return memory.embeddingTable(rows, precision);
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    return memory.kvCache(spec);
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary, SamplingParameters parameters) {
    return memory.samplingState(rows, vocabulary, parameters);
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    return new FakeTokenQueue(memory.tokenQueue(rows), time);
  }

  @Override
  public void write(Tensor to, MemorySegment from) {
    memory.write(to, from);
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    time.await();
    memory.read(from, to);
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    time.await();
    memory.readKv(cache, layer, slot, positions, keys, values);
  }

  @Override
  public Operations operations() {
    return operations;
  }

  @Override
  public Step record(String name, Runnable body) {
    return new Step() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void run() {
        profiler.suspend(device.measuresWholeSteps());
        body.run();
        profiler.suspend(false);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Profiler profiler() {
    return profiler;
  }

  @Override
  public void synchronize() {
    time.await();
  }

  @Override
  public void close() {
    memory.close();
  }
}
