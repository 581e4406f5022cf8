package gpt2j.bench.visualize;

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
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A backend whose attention can be watched. Everything is passed on to another backend, so that a
 * model computes what it always does; while someone {@linkplain #observe observes}, attention also
 * stores its probabilities. Steps are queued anew at each run instead of being replayed, since what
 * is replayed can't be looked into.
 */
public final class ObservedBackend implements Backend {
  private final Backend backend;
  private final ObservedOperations operations;

  /** Takes over {@code backend}, and closes it when closed. */
  public ObservedBackend(Backend backend) {
    this.backend = backend;
    operations = new ObservedOperations(backend);
  }

  /** From now on {@code observer} sees every attention of {@code layer}, or of all if negative. */
  void observe(int layer, Consumer<Attention> observer) {
    operations.observe(layer, observer);
  }

  /** Ends what {@link #observe} began. */
  void endObservation() {
    operations.endObservation();
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
        body.run();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void close() {
    operations.close();
    backend.close();
  }

  @Override
  public DeviceInfo device() {
    return backend.device();
  }

  @Override
  public MemoryUsage memory() {
    return backend.memory();
  }

  @Override
  public boolean supports(Precision precision) {
    return backend.supports(precision);
  }

  @Override
  public Lock lock() {
    return backend.lock();
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    return backend.allocate(type, shape, usage);
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, Precision precision) {
    return backend.linearWeights(weight, bias, precision);
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, Precision precision) {
    return backend.embeddingTable(rows, precision);
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    return backend.kvCache(spec);
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary, SamplingParameters parameters) {
    return backend.samplingState(rows, vocabulary, parameters);
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    return new StepByStepQueue(backend.tokenQueue(rows));
  }

  @Override
  public void write(Tensor to, MemorySegment from) {
    backend.write(to, from);
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    backend.read(from, to);
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    backend.readKv(cache, layer, slot, positions, keys, values);
  }

  @Override
  public Profiler profiler() {
    return backend.profiler();
  }

  @Override
  public void synchronize() {
    backend.synchronize();
  }
}
