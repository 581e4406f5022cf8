package gpt2j.backend.cuda.forward;

import gpt2j.api.Epilogue;
import gpt2j.backend.cuda.launch.KernelFamily;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import org.jspecify.annotations.Nullable;

/**
 * Looks one operation ahead. With few rows a step is a chain of kernels that each take little
 * longer than it takes to begin them, so a norm is computed by the kernel of the product behind it,
 * keys and values are stored by the kernel of the product before, and a draw is done, or prepared,
 * by that of the head. The kernel writes all that the single operations would have, so nobody can
 * tell; whoever looks at memory, gives it back, or measures, has what is held back queued first.
 */
public final class Fusion {
  private final LayerNorm layerNorm;
  private final Linear linear;
  private final Head head;
  private final boolean batchInvariant;
  private @Nullable Pending pending;

  /**
   * Nothing is held back yet.
   *
   * @param batchInvariant whether a row's sums must not depend on how many rows there are: then a
   *     norm has a kernel of its own, since that of a product adds up one row in another way than
   *     several
   */
  public Fusion(LayerNorm layerNorm, Linear linear, Head head, boolean batchInvariant) {
    this.batchInvariant = batchInvariant;
    this.layerNorm = layerNorm;
    this.linear = linear;
    this.head = head;
  }

  public boolean isHolding() {
    return pending != null;
  }

  /** Queues what is held back. */
  public void flush() {
    Pending held = pending;
    pending = null; // also when queuing fails
    switch (held) {
      case null -> {}
      case Pending.Norm norm -> layerNorm.run(norm);
      case Pending.Product product -> linear.gemv(product, null);
    }
  }

  /** Forgets what is held back, because what it belongs to has failed. */
  public void discard() {
    pending = null;
  }

  public void layerNorm(Pending.Norm norm) {
    flush();
    if (norm.x().shape().rows() <= KernelFamily.GEMV_ROWS && !batchInvariant) {
      pending = norm;
    } else {
      layerNorm.run(norm);
    }
  }

  /** A product of a layer. */
  public void linear(CudaTensor out, CudaTensor x, DeviceMatrix weights, Epilogue epilogue) {
    if (x.shape().rows() > KernelFamily.GEMV_ROWS) {
      flush();
      linear.multiply(out, x, weights, epilogue);
      return;
    }
    hold(out, x, weights, epilogue);
    boolean mayBeQkv = epilogue == Epilogue.NONE && weights.rows() % 3 == 0;
    if (!mayBeQkv) {
      flush();
    }
  }

  /** The product that makes logits. */
  public void logits(CudaTensor out, CudaTensor x, DeviceMatrix table) {
    if (x.shape().rows() > KernelFamily.GEMV_ROWS) {
      flush();
      linear.multiply(out, x, table, Epilogue.NONE);
      return;
    }
    Pending.Product product = hold(out, x, table, Epilogue.NONE);
    if (!head.takes(product)) {
      flush();
    }
  }

  private Pending.Product hold(
      CudaTensor out, CudaTensor x, DeviceMatrix weights, Epilogue epilogue) {
    Pending.Norm norm = pending instanceof Pending.Norm held && feeds(held, x, out) ? held : null;
    if (norm == null) {
      flush();
    }
    Pending.Product product = new Pending.Product(norm, out, x, weights, epilogue);
    pending = product;
    return product;
  }

  /**
   * Whether a product can compute the norm before it by itself. Its blocks all read the norm's
   * input while some already write the product, so the two must lie apart.
   */
  private static boolean feeds(Pending.Norm norm, CudaTensor x, CudaTensor out) {
    return norm.out().isSame(x)
        && !out.overlaps(norm.x())
        && !out.overlaps(norm.out())
        && !out.overlaps(norm.gain())
        && !out.overlaps(norm.bias())
        && !norm.out().overlaps(norm.x());
  }

  /** Queues the product held back with what stores its keys and values; false if there is none. */
  public boolean append(CudaTensor qkv, Linear.Append append) {
    if (pending instanceof Pending.Product product
        && product.out().isSame(qkv)
        && !product.out().overlaps(append.slots())
        && !product.out().overlaps(append.positions())) {
      pending = null;
      linear.gemv(product, append);
      return true;
    }
    flush();
    return false;
  }

  /** Queues the head held back with a draw from its logits; false if there is none. */
  public boolean sample(CudaTensor tokens, CudaTensor logits, CudaSamplingState state) {
    if (pending instanceof Pending.Product product
        && product.out().isSame(logits)
        && head.takes(product)) {
      head.multiplyAndDraw(product, tokens, state);
      pending = null; // not before: a draw that can't be queued leaves the head to be queued
      return true;
    }
    flush();
    return false;
  }
}
