package gpt2j.backend.cpu.nd4j;

import gpt2j.api.BackendUnavailableException;
import gpt2j.backend.cpu.machine.Libc;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Matrix products by ND4J, for many rows. ND4J takes half a second to start, so it starts only when
 * it will be needed, in the background.
 */
public final class Nd4jProducts {
  private final int threads;
  private @Nullable CompletableFuture<Void> start;

  public Nd4jProducts(int threads) {
    this.threads = threads;
  }

  /** Begins to start ND4J, unless that was done; {@link #view} waits for the end. */
  public void start() {
    CompletableFuture<Void> ignored = started();
  }

  private synchronized CompletableFuture<Void> started() {
    if (start == null) {
      start = begin();
    }
    return start;
  }

  private CompletableFuture<Void> begin() {
    // Read by the OpenMP runtime when it is loaded. Its threads would otherwise go on spinning
    // after each product and take the cores away from the workers of this backend.
    Libc.setDefaultEnvironment("OMP_WAIT_POLICY", "passive");
    Libc.setDefaultEnvironment("OMP_NUM_THREADS", Integer.toString(threads));
    return CompletableFuture.runAsync(() -> Nd4jStart.run(threads), Nd4jProducts::inBackground);
  }

  private static void inBackground(Runnable work) {
    Thread.ofPlatform().daemon().name("gpt2j-nd4j-start").start(work);
  }

  /** Which product of two matrices. */
  public enum Form {
    /** {@code out = x·w}. */
    PLAIN(0, 0, 0),
    /** {@code out = x·wᵀ}. */
    TRANSPOSED(0, 1, 0),
    /** {@code out += xᵀ·w}. */
    ADD_FIRST_TRANSPOSED(1, 0, 1);

    private final int transposeX;
    private final int transposeW;
    private final double beta; // what out is multiplied by before the product is added to it

    Form(int transposeX, int transposeW, double beta) {
      this.transposeX = transposeX;
      this.transposeW = transposeW;
      this.beta = beta;
    }
  }

  /** A product that can be run again and again, all row-major matrices. */
  public Product product(INDArray out, INDArray x, INDArray w, Form form) {
    CustomOp op =
        DynamicCustomOp.builder("matmul")
            .addInputs(x, w)
            .addOutputs(out)
            .addIntegerArguments(form.transposeX, form.transposeW, 0)
            .addFloatingPointArguments(1.0, form.beta)
            .build();
    return new Product(out, x, w, op);
  }

  /** See {@link #product}. */
  public final class Product {
    private final INDArray out;
    private final INDArray x;
    private final INDArray w;
    private final CustomOp op;

    private Product(INDArray out, INDArray x, INDArray w, CustomOp op) {
      this.out = out;
      this.x = x;
      this.w = w;
      this.op = op;
    }

    /** Whether this is the product of these very matrices. */
    public boolean isOf(INDArray out, INDArray x, INDArray w) {
      return this.out == out && this.x == x && this.w == w;
    }

    public void run() {
      // The number of OpenMP threads belongs to the calling thread, which need not be the same.
      NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
      Nd4j.exec(op);
    }
  }

  /**
   * Waits until ND4J runs.
   *
   * @throws BackendUnavailableException in one line, why it doesn't
   */
  private void awaitStart() {
    try {
      started().join();
    } catch (CompletionException e) {
      // A new one for each who asks: it shows where from.
      throw new BackendUnavailableException(
          String.valueOf(e.getCause().getMessage()), e.getCause());
    }
  }

  /** Waits until ND4J has started, or has not: it must not start up while memory goes away. */
  public synchronized void awaitEndOfStart() {
    if (start != null) {
      start.handle((nothing, failure) -> nothing).join();
    }
  }

  /**
   * A matrix over existing memory, which must outlive it. Waits until ND4J has started: two threads
   * that initialise classes of JavaCPP at the same time would wait for each other for ever.
   */
  public INDArray view(long address, long rows, long columns) {
    awaitStart();
    FloatPointer elements = new FloatPointer(new Address(address));
    elements.capacity(rows * columns);
    return Nd4j.create(
        Nd4j.createBuffer(elements, rows * columns, DataType.FLOAT),
        new long[] {rows, columns},
        new long[] {columns, 1},
        0,
        'c');
  }

  /** JavaCPP makes pointers from pointers, and the first one from nothing but a subclass. */
  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
