package gpt2j.bench.fake;

import gpt2j.api.Backend;
import gpt2j.api.DeviceInfo;
import gpt2j.api.KvCache;
import gpt2j.api.Operations;
import gpt2j.api.Profiler;
import gpt2j.api.Step;
import gpt2j.api.TokenQueue;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.api.training.TrainingOperations;
import gpt2j.spi.ForwardingBackend;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/** Holds memory as the reference backend does, computes nothing, and takes its virtual time. */
final class FakeBackend extends ForwardingBackend {
  private final VirtualTime time;
  private final FakeProfiler profiler;
  private final FakeOperations operations;
  private final FakeDevice device;
  private final int threads;

  FakeBackend(Backend memory, FakeDevice device, int threads) {
    super(memory);
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
  public boolean supports(WeightFormat precision) {
    return precision != WeightFormat.F16;
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    return new FakeTokenQueue(to.tokenQueue(rows), time);
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    time.await();
    super.read(from, to);
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    time.await();
    super.readKv(cache, layer, slot, positions, keys, values);
  }

  @Override
  public Operations operations() {
    return operations;
  }

  @Override
  public TrainingOperations training() {
    throw new UnsupportedException("no benchmark trains");
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
}
