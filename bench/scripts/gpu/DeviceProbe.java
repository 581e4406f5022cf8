import static jcuda.driver.JCudaDriver.*;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;

/**
 * What a device can do at best, as one JSON object: how fast it copies within its memory, and how
 * long graphs of kernels that do nothing take. Argument: bytes to copy.
 */
final class DeviceProbe {
  private static final int[] GRAPH_KERNELS = {1, 61}; // 61: about as many as a decoded token has
  private static final int REPETITIONS = 200;

  private final CUstream stream = new CUstream();
  private final CUfunction kernel = new CUfunction();

  public static void main(String[] arguments) throws Exception {
    System.out.println(new DeviceProbe().measure(Long.parseLong(arguments[0])));
  }

  private String measure(long bytes) throws Exception {
    setExceptionsEnabled(true);
    cuInit(0);
    CUdevice device = new CUdevice();
    cuDeviceGet(device, 0);
    byte[] name = new byte[256];
    cuDeviceGetName(name, name.length, device);
    int[] driver = new int[1];
    cuDriverGetVersion(driver);
    CUcontext context = new CUcontext();
    cuDevicePrimaryCtxRetain(context, device);
    cuCtxSetCurrent(context);
    cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
    StringBuilder json = new StringBuilder("{\"device\":");
    json.append('"').append(text(name)).append('"');
    json.append(",\"driver_cuda\":").append(driver[0]);
    json.append(",\"capability\":\"")
        .append(attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR))
        .append('.')
        .append(attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR))
        .append('"');
    json.append(",\"copy_bytes\":").append(bytes);
    // Every byte is read and written.
    number(json, "copy_bytes_per_s", 2 * bytes / copySeconds(bytes));
    load();
    for (int kernels : GRAPH_KERNELS) {
      graph(json, kernels);
    }
    cuStreamDestroy(stream);
    cuDevicePrimaryCtxRelease(device);
    return json.append('}').toString();
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    cuDeviceGetAttribute(value, attribute, device);
    return value[0];
  }

  private static String text(byte[] name) {
    int end = 0;
    while (name[end] != 0) {
      end++;
    }
    return new String(name, 0, end, StandardCharsets.UTF_8).replaceAll("[\"\\\\]", "");
  }

  private static void number(StringBuilder json, String name, double value) {
    json.append(String.format(Locale.ROOT, ",\"%s\":%.6g", name, value));
  }

  /** The median time of a copy from device memory to device memory. */
  private double copySeconds(long bytes) {
    CUdeviceptr from = new CUdeviceptr();
    CUdeviceptr to = new CUdeviceptr();
    cuMemAlloc(from, bytes);
    cuMemAlloc(to, bytes);
    cuMemsetD8Async(from, (byte) 1, bytes, stream);
    double seconds = median(20, 3, () -> cuMemcpyDtoDAsync(to, from, bytes, stream));
    cuMemFree(from);
    cuMemFree(to);
    return seconds;
  }

  /** A kernel of the backend that does nothing when it has no rows. */
  private void load() throws Exception {
    CUmodule module = new CUmodule();
    try (InputStream in =
        DeviceProbe.class.getResourceAsStream("/gpt2j/backend/cuda/launch/sm_75.ptx.gz")) {
      byte[] ptx = new GZIPInputStream(in).readAllBytes();
      cuModuleLoadData(module, Arrays.copyOf(ptx, ptx.length + 1));
    }
    cuModuleGetFunction(kernel, module, "advance");
  }

  /**
   * A chain of kernels as one graph: its time on the device, and from the launch until the host
   * knows that it has ended.
   */
  private void graph(StringBuilder json, int kernels) {
    CUgraph graph = new CUgraph();
    CUgraphExec exec = new CUgraphExec();
    cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    for (int i = 0; i < kernels; i++) {
      launch();
    }
    cuStreamEndCapture(stream, graph);
    cuGraphInstantiate(exec, graph, 0);
    String what = "graph_of_" + kernels;
    number(json, what + "_device_s", median(REPETITIONS, 20, () -> cuGraphLaunch(exec, stream)));
    double[] times = new double[REPETITIONS];
    for (int i = 0; i < times.length; i++) {
      long start = System.nanoTime();
      cuGraphLaunch(exec, stream);
      cuStreamSynchronize(stream);
      times[i] = 1e-9 * (System.nanoTime() - start);
    }
    Arrays.sort(times);
    number(json, what + "_launch_to_host_s", times[times.length / 2]);
    cuGraphExecDestroy(exec);
    cuGraphDestroy(graph);
  }

  /** {@code advance(tokens, positions, sampled, rows = 0, no ring)}. */
  private void launch() {
    Pointer none = Pointer.to(new long[1]);
    Pointer zero = Pointer.to(new int[1]);
    Pointer arguments = Pointer.to(none, none, none, zero, none, zero, none, none);
    cuLaunchKernel(kernel, 1, 1, 1, 256, 1, 1, 0, stream, arguments, null);
  }

  /** Seconds between two events on the device. */
  private double median(int repetitions, int warmup, Runnable work) {
    CUevent before = new CUevent();
    CUevent after = new CUevent();
    cuEventCreate(before, 0);
    cuEventCreate(after, 0);
    double[] times = new double[repetitions];
    for (int i = -warmup; i < repetitions; i++) {
      cuEventRecord(before, stream);
      work.run();
      cuEventRecord(after, stream);
      cuEventSynchronize(after);
      float[] milliseconds = new float[1];
      cuEventElapsedTime(milliseconds, before, after);
      if (i >= 0) {
        times[i] = 1e-3 * milliseconds[0];
      }
    }
    cuEventDestroy(before);
    cuEventDestroy(after);
    Arrays.sort(times);
    return times[repetitions / 2];
  }
}
