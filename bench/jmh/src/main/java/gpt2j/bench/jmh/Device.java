package gpt2j.bench.jmh;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendSpec;
import gpt2j.api.Operations;
import gpt2j.api.Step;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * An open backend and what is to be measured on it: steps of {@value #CALLS} calls of an operation,
 * each on data of its own, as a model has layers. There is so much of it that caches don't hold
 * what a later call reads again, since in a model they don't either.
 */
@State(Scope.Benchmark)
public class Device {
  /** Calls of the operation in one step, between two waits for the device. */
  public static final int CALLS = Gpt2Sizes.LAYERS;

  /** More than processors keep in their caches. */
  private static final long WORKING_SET = 256L << 20;

  /** The backend's name, with settings if there are: {@code cuda/gemm=cublas}. */
  @Param("cpu")
  public String backend = "";

  /** Host threads that compute; 0 for the backend's default. */
  @Param("0")
  public int threads;

  private final SplittableRandom random = new SplittableRandom(1);
  private final List<Step> steps = new ArrayList<>();
  private Backend opened;
  private int next;

  /** Opens the backend. */
  @Setup(Level.Trial)
  public void open() {
    opened = open(backend, threads);
  }

  /** Closes the backend, and with it all that was made on it. */
  @TearDown(Level.Trial)
  public void close() {
    steps.forEach(Step::close);
    steps.clear();
    opened.close();
  }

  /**
   * Opens a backend.
   *
   * @param backend its name, with settings if there are
   * @param threads host threads that compute; 0 for the backend's default
   */
  static Backend open(String backend, int threads) {
    BackendOptions options = BackendSpec.parse(backend).applyTo(BackendOptions.defaults());
    return provider(backend).open(threads == 0 ? options : options.withThreads(threads));
  }

  static BackendProvider provider(String backend) {
    BackendProvider provider =
        DaggerBackendsComponent.create().backends().get(BackendSpec.parse(backend).name());
    if (provider == null) {
      throw new IllegalArgumentException("there is no backend " + backend);
    }
    return provider;
  }

  Backend backend() {
    return opened;
  }

  Operations operations() {
    return opened.operations();
  }

  /**
   * How many things of so many bytes it takes so that caches don't hold them; at least one step's.
   */
  static int copies(long bytesEach) {
    long copies = Math.max(CALLS, Math.ceilDiv(WORKING_SET, bytesEach));
    return Math.toIntExact(Math.ceilDiv(copies, CALLS) * CALLS);
  }

  /** Makes steps out of calls 0 … {@code copies - 1}, {@value #CALLS} in each. */
  void record(int copies, IntConsumer call) {
    for (int first = 0; first < copies; first += CALLS) {
      int from = first;
      steps.add(
          opened.record(
              "calls",
              () -> {
                for (int i = from; i < from + CALLS; i++) {
                  call.accept(i);
                }
              }));
    }
  }

  /** Runs the next step and waits for it. */
  void run() {
    steps.get(next).run();
    opened.synchronize();
    next = next + 1 == steps.size() ? 0 : next + 1;
  }

  /** Values between −1 and 1 on the host. */
  HostTensor host(WeightFormat precision, Shape shape) {
    DataType type = precision.plain().orElse(DataType.F32);
    return new HostTensor("values", type, shape, Tensors.random(random, type, shape).memory());
  }

  /** An F32 tensor of values between −1 and 1. */
  Tensor activations(int... sizes) {
    Shape shape = Shape.of(sizes);
    Tensor tensor = opened.allocate(DataType.F32, shape, Usage.ACTIVATION);
    opened.write(tensor, Tensors.random(random, DataType.F32, shape).memory());
    return tensor;
  }

  /** An I32 tensor. */
  Tensor integers(int count, IntUnaryOperator value) {
    Tensor tensor = opened.allocate(DataType.I32, Shape.of(count), Usage.IO);
    write(tensor, value);
    return tensor;
  }

  /** A batch of random tokens. */
  TokenBatch batch(int rows, IntUnaryOperator position, IntUnaryOperator slot) {
    TokenBatch batch = TokenBatch.allocate(opened, rows);
    write(batch.tokens(), row -> random.nextInt(Gpt2Sizes.VOCABULARY));
    write(batch.positions(), position);
    write(batch.slots(), slot);
    return batch;
  }

  private void write(Tensor tensor, IntUnaryOperator value) {
    try (Arena arena = Arena.ofConfined()) {
      int count = tensor.shape().rows();
      MemorySegment memory = arena.allocate(ValueLayout.JAVA_INT, count);
      for (int i = 0; i < count; i++) {
        memory.setAtIndex(ValueLayout.JAVA_INT, i, value.applyAsInt(i));
      }
      opened.write(tensor, memory);
    }
  }
}
