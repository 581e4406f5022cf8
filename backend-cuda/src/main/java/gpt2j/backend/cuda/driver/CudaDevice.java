package gpt2j.backend.cuda.driver;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
import static jcuda.driver.CUresult.CUDA_ERROR_NO_DEVICE;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuInit;

import gpt2j.api.DeviceFailureException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;

/**
 * What the driver tells of a device before it is opened.
 *
 * @param ordinal its number, counted from 0
 * @param handle the driver's handle
 * @param name its own name
 * @param totalMemory bytes of memory
 * @param capability compute capability
 * @param multiprocessors streaming multiprocessors
 * @param driver the newest CUDA version that the driver can do
 */
public record CudaDevice(
    int ordinal,
    CUdevice handle,
    String name,
    long totalMemory,
    Capability capability,
    int multiprocessors,
    DriverVersion driver) {

  /** A compute capability, such as 9.0. */
  public record Capability(int major, int minor) implements Comparable<Capability> {
    @Override
    public int compareTo(Capability other) {
      return Integer.compare(10 * major + minor, 10 * other.major + other.minor);
    }

    @Override
    public String toString() {
      return major + "." + minor;
    }
  }

  /** A version of CUDA, such as 12.6. */
  public record DriverVersion(int major, int minor) implements Comparable<DriverVersion> {
    /** From the driver's number for it: 12060 for 12.6. */
    static DriverVersion of(int number) {
      return new DriverVersion(number / 1000, number % 1000 / 10);
    }

    @Override
    public int compareTo(DriverVersion other) {
      return Integer.compare(1000 * major + minor, 1000 * other.major + other.minor);
    }

    @Override
    public String toString() {
      return major + "." + minor;
    }
  }

  /**
   * All devices of this machine; there may be none.
   *
   * @throws DeviceFailureException when the driver can't say
   */
  public static List<CudaDevice> all() {
    int initialized = cuInit(0);
    if (initialized == CUDA_ERROR_NO_DEVICE) {
      return List.of();
    }
    Cuda.check("cuInit", initialized);
    int[] number = new int[1];
    Cuda.check("cuDriverGetVersion", cuDriverGetVersion(number));
    DriverVersion driver = DriverVersion.of(number[0]);
    Cuda.check("cuDeviceGetCount", cuDeviceGetCount(number));
    List<CudaDevice> devices = new ArrayList<>();
    for (int ordinal = 0, count = number[0]; ordinal < count; ordinal++) {
      devices.add(describe(ordinal, driver));
    }
    return devices;
  }

  private static CudaDevice describe(int ordinal, DriverVersion driver) {
    CUdevice handle = new CUdevice();
    Cuda.check("cuDeviceGet", cuDeviceGet(handle, ordinal));
    byte[] name = new byte[256];
    Cuda.check("cuDeviceGetName", cuDeviceGetName(name, name.length, handle));
    long[] memory = new long[1];
    Cuda.check("cuDeviceTotalMem", cuDeviceTotalMem(memory, handle));
    return new CudaDevice(
        ordinal,
        handle,
        text(name),
        memory[0],
        new Capability(
            attribute(handle, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            attribute(handle, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)),
        attribute(handle, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        driver);
  }

  private static String text(byte[] name) {
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8).strip();
  }

  /** One of the driver's attributes of this device. */
  public int attribute(int attribute) {
    return attribute(handle, attribute);
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    Cuda.check("cuDeviceGetAttribute", cuDeviceGetAttribute(value, attribute, device));
    return value[0];
  }
}
