package gpt2j.spi;

import gpt2j.api.Backend;
import gpt2j.api.DeviceInfo;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.Lifetime;
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
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** Passes everything on to another backend, to be overridden one method at a time. */
public class ForwardingBackend implements Backend {
  /** The other backend; it is closed with this one. */
  protected final Backend to;

  public ForwardingBackend(Backend to) {
    this.to = to;
  }

  @Override
  public DeviceInfo device() {
    return to.device();
  }

  @Override
  public MemoryUsage memory() {
    return to.memory();
  }

  @Override
  public boolean supports(WeightFormat format) {
    return to.supports(format);
  }

  @Override
  public Lock lock() {
    return to.lock();
  }

  @Override
  public void requireRoom(String what, long bytes) {
    to.requireRoom(what, bytes);
  }

  @Override
  public Lifetime lifetime(Object handle, String what) {
    return to.lifetime(handle, what);
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    return to.allocate(type, shape, usage);
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    return to.linearWeights(weight, bias, format);
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, WeightFormat format) {
    return to.embeddingTable(rows, format);
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    return to.kvCache(spec);
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary) {
    return to.samplingState(rows, vocabulary);
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    return to.tokenQueue(rows);
  }

  @Override
  public void write(Tensor target, MemorySegment from) {
    to.write(target, from);
  }

  @Override
  public void read(Tensor from, MemorySegment target) {
    to.read(from, target);
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    to.readKv(cache, layer, slot, positions, keys, values);
  }

  @Override
  public Operations operations() {
    return to.operations();
  }

  @Override
  public TrainingOperations training() {
    return to.training();
  }

  @Override
  public Step record(String name, Runnable body) {
    return to.record(name, body);
  }

  @Override
  public Profiler profiler() {
    return to.profiler();
  }

  @Override
  public void synchronize() {
    to.synchronize();
  }

  @Override
  public void close() {
    to.close();
  }
}
