package gpt2j.backend.cuda.gemm;

import jcuda.Pointer;

/** An address on the device as libraries take it. */
final class DeviceAddress extends Pointer {
  DeviceAddress(long address) {
    super(address);
  }
}
