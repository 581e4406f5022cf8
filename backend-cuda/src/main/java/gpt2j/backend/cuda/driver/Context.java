package gpt2j.backend.cuda.driver;

import static jcuda.driver.CUstream_flags.CU_STREAM_NON_BLOCKING;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import jcuda.driver.CUcontext;
import jcuda.driver.CUstream;

/**
 * A device's primary context and a stream of it, in which everything of one backend is queued. The
 * driver knows a current context for each thread, so whoever calls it enters the context before.
 */
public final class Context implements AutoCloseable {
  /** See {@link #capture}. */
  private final Lock capture = new ReentrantLock();

  private final CudaDevice device;
  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private boolean closed;

  public Context(CudaDevice device) {
    this.device = device;
    Cuda.check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(context, device.handle()));
    try {
      enter();
      Cuda.check("cuStreamCreate", cuStreamCreate(stream, CU_STREAM_NON_BLOCKING));
    } catch (RuntimeException e) {
      cuDevicePrimaryCtxRelease(device.handle());
      throw e;
    }
  }

  public CudaDevice device() {
    return device;
  }

  public CUstream stream() {
    return stream;
  }

  /** Makes the context the calling thread's. */
  public void enter() {
    if (closed) {
      throw new IllegalStateException("the cuda backend is closed");
    }
    Cuda.check("cuCtxSetCurrent", cuCtxSetCurrent(context));
  }

  /** Waits until all that is queued is done. */
  public void synchronize() {
    Cuda.check("cuStreamSynchronize", cuStreamSynchronize(stream));
  }

  /** Bytes of device memory that nobody has taken. */
  public long freeMemory() {
    long[] free = new long[1];
    Cuda.check("cuMemGetInfo", cuMemGetInfo(free, new long[1]));
    return free[0];
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      int destroyed = cuStreamDestroy(stream);
      int released = cuDevicePrimaryCtxRelease(device.handle());
      Cuda.check("cuStreamDestroy", destroyed);
      Cuda.check("cuDevicePrimaryCtxRelease", released);
    }
  }

  /**
   * Held while the stream captures. To ask such a stream how far it is, from whatever thread, would
   * spoil the capture.
   */
  public Lock capture() {
    return capture;
  }
}
