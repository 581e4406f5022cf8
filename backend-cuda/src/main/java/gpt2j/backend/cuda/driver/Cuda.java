package gpt2j.backend.cuda.driver;

import gpt2j.api.DeviceFailureException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Results of calls to the driver. */
public final class Cuda {
  private Cuda() {}

  /**
   * Does nothing when a call has succeeded.
   *
   * @param function the driver's name of what was called
   * @param result what it returned
   * @throws DeviceFailureException with the driver's own words when it failed
   */
  public static void check(String function, int result) {
    if (result != CUresult.CUDA_SUCCESS) {
      throw new DeviceFailureException(describe(function, result));
    }
  }

  /** One line: the function, the name of the error, and what the driver says about it. */
  public static String describe(String function, int result) {
    String[] name = new String[1];
    String[] text = new String[1];
    JCudaDriver.cuGetErrorName(result, name);
    JCudaDriver.cuGetErrorString(result, text);
    return name[0] == null
        ? "%s failed with error %d".formatted(function, result)
        : "%s failed with %s (%d): %s".formatted(function, name[0], result, text[0]);
  }
}
