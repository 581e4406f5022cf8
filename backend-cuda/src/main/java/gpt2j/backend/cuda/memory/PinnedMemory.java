package gpt2j.backend.cuda.memory;

import static jcuda.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY;
import static jcuda.driver.JCudaDriver.CU_MEMHOSTALLOC_DEVICEMAP;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;
import static jcuda.driver.JCudaDriver.cuMemHostGetDevicePointer;

import gpt2j.api.OutOfMemoryException;
import gpt2j.backend.cuda.driver.Cuda;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jcuda.Pointer;

/** Host memory that the device copies from and to directly, and that kernels can write to. */
public final class PinnedMemory implements AutoCloseable {
  private final Pointer pointer = new Pointer();
  private final MemorySegment segment;
  private boolean closed;

  public PinnedMemory(String what, int bytes) {
    int result = cuMemHostAlloc(pointer, bytes, CU_MEMHOSTALLOC_DEVICEMAP);
    if (result == CUDA_ERROR_OUT_OF_MEMORY) {
      throw new OutOfMemoryException(what + " in page-locked host memory", bytes, 0);
    }
    Cuda.check("cuMemHostAlloc", result);
    segment =
        MemorySegment.ofBuffer(pointer.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN));
  }

  /** The memory as the host sees it; it must not be touched after closing. */
  public MemorySegment segment() {
    return segment;
  }

  /** For copies by the driver: {@code offset} bytes behind the beginning. */
  Pointer pointer(long offset) {
    return pointer.withByteOffset(offset);
  }

  /** The address by which kernels reach it. */
  public long deviceAddress() {
    DevicePointer device = new DevicePointer();
    Cuda.check("cuMemHostGetDevicePointer", cuMemHostGetDevicePointer(device, pointer, 0));
    return device.address();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Cuda.check("cuMemFreeHost", cuMemFreeHost(pointer));
    }
  }
}
