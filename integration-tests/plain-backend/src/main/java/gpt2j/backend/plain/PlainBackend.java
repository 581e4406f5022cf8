package gpt2j.backend.plain;

import module gpt2j.api;
import module java.base;

/**
 * The JVM's heap as a device. What is called is done when the call returns, so nothing ever waits.
 * A {@link gpt2j.spi.CheckedBackend} stands around it: nothing here takes a lock, checks a shape or
 * asks what is closed.
 */
final class PlainBackend extends UncheckedBackend {
  private final Heap heap;
  private final Profiler profiler = new HostProfiler();

  PlainBackend(BackendOptions options) {
    heap = new Heap(options);
  }

  /** One thread; and a prompt a row at a time, since each row reads all weights anyway. */
  @Override
  public DeviceInfo device() {
    return new DeviceInfo(
        System.getProperty("java.vm.name"), heap.limit, heap.room(), 1, 1, Map.of());
  }

  @Override
  public MemoryUsage memory() {
    return heap.usage();
  }

  @Override
  public void requireRoom(String what, long bytes) {
    heap.requireRoom(what, bytes);
  }

  @Override
  public boolean supports(WeightFormat format) {
    return format == WeightFormat.F32;
  }

  @Override
  public Tensor allocate(DataType type, Shape shape, Usage usage) {
    require(type == DataType.F32 || type == DataType.I32, "tensors", type);
    return HeapTensor.allocate(heap, usage, type, shape);
  }

  @Override
  public LinearWeights linearWeights(
      HostTensor weight, @Nullable HostTensor bias, WeightFormat format) {
    require(supports(format), "weights", format);
    return HeapMatrix.load(heap, weight, bias);
  }

  @Override
  public EmbeddingTable embeddingTable(HostTensor rows, WeightFormat format) {
    require(supports(format), "weights", format);
    return HeapMatrix.load(heap, rows, null);
  }

  @Override
  public KvCache kvCache(KvCacheSpec spec) {
    require(spec.type() == WeightFormat.F32, "caches", spec.type());
    return HeapCache.allocate(heap, spec);
  }

  /** Another type in its place would be no answer: what is lacking is refused. */
  private static void require(boolean supported, String what, Enum<?> type) {
    if (!supported) {
      throw new UnsupportedException("the plain backend has no %s of %s".formatted(what, type));
    }
  }

  @Override
  public SamplingState samplingState(int rows, int vocabulary) {
    return new Sampling(rows, vocabulary);
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    return new HostTokenQueue(rows);
  }

  @Override
  public void write(Tensor to, MemorySegment from) {
    ((HeapTensor) to).data().copyFrom(from);
  }

  @Override
  public void read(Tensor from, MemorySegment to) {
    to.copyFrom(((HeapTensor) from).data());
  }

  @Override
  public void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values) {
    HeapCache from = (HeapCache) cache;
    MemorySegment stored = from.stored().data(); // 4 bytes of each element
    MemorySegment.copy(stored, 4L * from.key(slot, layer, 0), keys, 0, keys.byteSize());
    MemorySegment.copy(stored, 4L * from.value(slot, layer, 0), values, 0, keys.byteSize());
  }

  @Override
  public Operations operations() {
    return new PlainOperations();
  }

  @Override
  public Step record(String name, Runnable body) {
    return new BodyStep(name, body);
  }

  /** What changes between runs lies in tensors, so to run a step again is to call its body. */
  private record BodyStep(String name, Runnable body) implements Step {
    @Override
    public void run() {
      body.run();
    }

    @Override
    public void close() {}
  }

  @Override
  public Profiler profiler() {
    return profiler;
  }

  @Override
  public void synchronize() {}

  @Override
  public void close() {
    heap.giveAll();
  }
}
