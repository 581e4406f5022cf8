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
import gpt2j.api.Words;
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

/**
 * Gives a backend what is the same for all: the lock, the life of the backend and its handles, and
 * checks of arguments. So all refuse the same things with the same words, and a backend's own part
 * has one caller at a time, sees its own open handles only, and is never called after closing.
 */
public final class CheckedBackend implements Backend {
  private final Backend own;
  private final BackendLife life;
  private final Operations operations;
  private final Profiler profiler;
  private @Nullable TrainingOperations training; // once it is asked for

  /**
   * Takes over a backend.
   *
   * @param name as users know it, such as {@code cpu}
   */
  public CheckedBackend(String name, UncheckedBackend own) {
    this.own = own;
    life = new BackendLife(name, own);
    BackendLife.CLEANER.register(this, life::collected);
    operations = new CheckedOperations(life, own.operations());
    profiler = new CheckedProfiler(life, own.profiler());
  }

  BackendLife life() {
    return life;
  }

  @Override
  public DeviceInfo device() {
    return own.device();
  }

  @Override
  public MemoryUsage memory() {
    return own.memory();
  }

  @Override
  public boolean supports(WeightFormat format) {
    return own.supports(format);
  }

  @Override
  public Lock lock() {
    return life.lock();
  }

  @Override
  public Lifetime lifetime(Object handle, String what) {
    return life.lifetime(handle, what);
  }

  @Override
  public void requireRoom(String what, long bytes) {
    life.runUnrecorded("requireRoom", () -> own.requireRoom(what, bytes));
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    return life.getUnrecorded(
        "allocate", () -> new Handles.OfTensor(this, own.allocate(type, shape, usage)));
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    requireFloats(weight, 2);
    if (bias != null) {
      requireFloats(bias, 1);
      if (bias.shape().rows() != weight.shape().size(1)) {
        throw new IllegalArgumentException(
            "%s %s does not fit %s %s"
                .formatted(bias.name(), bias.shape(), weight.name(), weight.shape()));
      }
    }
    return life.getUnrecorded(
        "linearWeights",
        () -> new Handles.OfWeights(this, own.linearWeights(weight, bias, format)));
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, WeightFormat format) {
    requireFloats(rows, 2);
    return life.getUnrecorded(
        "embeddingTable", () -> new Handles.OfTable(this, own.embeddingTable(rows, format)));
  }

  private static void requireFloats(HostTensor tensor, int rank) {
    if (tensor.type() == DataType.I32 || tensor.shape().rank() != rank) {
      throw new IllegalArgumentException(
          "%s must have %s of floating-point values, not %s %s"
              .formatted(
                  tensor.name(), Words.count(rank, "dimension"), tensor.type(), tensor.shape()));
    }
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    return life.getUnrecorded("kvCache", () -> new Handles.OfCache(this, own.kvCache(spec)));
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary) {
    if (rows < 1 || vocabulary < 1) {
      throw new IllegalArgumentException(
          "sampling: %d rows of %d tokens".formatted(rows, vocabulary));
    }
    return life.getUnrecorded(
        "samplingState", () -> new Handles.OfSampling(this, own.samplingState(rows, vocabulary)));
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    if (rows < 1) {
      throw new IllegalArgumentException("a queue of %d rows".formatted(rows));
    }
    return life.getUnrecorded("tokenQueue", () -> new Handles.OfQueue(this, own.tokenQueue(rows)));
  }

  @Override
  public void write(Tensor to, MemorySegment from) {
    requireSize(to, from);
    life.runUnrecorded("write", () -> own.write(life.own(to), from));
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    requireSize(from, to);
    life.runUnrecorded("read", () -> own.read(life.own(from), to));
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
    KvCacheSpec spec = cache.spec();
    long bytes = (long) positions * spec.width() * Float.BYTES;
    if (layer < 0
        || layer >= spec.layers()
        || keys.byteSize() != bytes
        || values.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "readKv: layer %d, slot %d, %s into %d and %d bytes of %s"
              .formatted(
                  layer,
                  slot,
                  Words.count(positions, "position"),
                  keys.byteSize(),
                  values.byteSize(),
                  spec));
    }
    life.runUnrecorded(
        "readKv",
        () -> {
          KvCache ownCache = life.own(cache);
          ((Handles.OfCache) cache).requireRoom("readKv", slot, positions);
          own.readKv(ownCache, layer, slot, positions, keys, values);
        });
  }

  @Override
  public Operations operations() {
    return operations;
  }

  @Override
  public TrainingOperations training() {
    return life.get(
        () -> {
          TrainingOperations known = training;
          if (known == null) {
            known = new CheckedTrainingOperations(life, own.training());
            training = known;
          }
          return known;
        });
  }

  @Override
  public Step record(String name, Runnable body) {
    return Handles.OfStep.record(this, own, name, body);
  }

  @Override
  public Profiler profiler() {
    return profiler;
  }

  @Override
  public void synchronize() {
    life.runUnrecorded("synchronize", own::synchronize);
  }

  @Override
  public void close() {
    life.close();
  }
}
