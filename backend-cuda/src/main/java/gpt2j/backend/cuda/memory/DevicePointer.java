package gpt2j.backend.cuda.memory;

import jcuda.driver.CUdeviceptr;

/** A pointer to device memory whose address kernels can be given. */
final class DevicePointer extends CUdeviceptr {
  /** To be filled in by the driver. */
  DevicePointer() {}

  /** {@code offset} bytes behind another. */
  DevicePointer(DevicePointer base, long offset) {
    super(base, offset);
  }

  /** The address on the device. */
  long address() {
    return getNativePointer() + getByteOffset();
  }
}
