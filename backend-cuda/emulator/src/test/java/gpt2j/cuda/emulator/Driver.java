package gpt2j.cuda.emulator;

import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** The emulator with the kernels of {@code selftest.cu}, a context, and what is allocated in it. */
final class Driver implements AutoCloseable {
  private static final String NATIVES = "libJCudaDriver-12.6.0-linux-x86_64.so";

  final Emulator emulator;
  final CUcontext context = new CUcontext();
  private final CUdevice device = new CUdevice();
  private final List<CUdeviceptr> allocated = new ArrayList<>();
  private final List<CUmodule> modules = new ArrayList<>();

  private Driver(Emulator emulator) {
    this.emulator = emulator;
    emulator.reset();
    emulator.rest(100);
    check(cuInit(0));
    check(cuDeviceGet(device, 0));
    check(cuDevicePrimaryCtxRetain(context, device));
    check(cuCtxSetCurrent(context));
  }

  static Driver open() {
    return new Driver(Loaded.EMULATOR);
  }

  static String resource(String name) {
    try (InputStream in = Driver.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A function of {@code selftest.cu}, by PTX with the sizes of its parameters. */
  CUfunction function(String name, int... parameterSizes) {
    CUmodule module = new CUmodule();
    check(cuModuleLoadData(module, ptx(name, parameterSizes)));
    modules.add(module);
    CUfunction function = new CUfunction();
    check(cuModuleGetFunction(function, module, name));
    return function;
  }

  static byte[] ptx(String name, int... parameterSizes) {
    StringBuilder text = new StringBuilder(".version 7.0\n.target sm_75\n.address_size 64\n");
    text.append(".visible .entry ").append(name).append("(");
    for (int i = 0; i < parameterSizes.length; i++) {
      text.append(i == 0 ? "\n" : ",\n");
      text.append(
          switch (parameterSizes[i]) {
            case 1, 2, 4, 8 ->
                "\t.param .u%d %s_param_%d".formatted(parameterSizes[i] * 8, name, i);
            default ->
                "\t.param .align 8 .b8 %s_param_%d[%d]".formatted(name, i, parameterSizes[i]);
          });
    }
    text.append("\n)\n.maxntid 1024\n{\n\t.shared .align 4 .b8 some[128];\n\tret;\n}\n\0");
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  CUdeviceptr allocate(long bytes) {
    CUdeviceptr memory = new CUdeviceptr();
    check(cuMemAlloc(memory, bytes));
    allocated.add(memory);
    return memory;
  }

  private CUdeviceptr upload(Pointer from, long bytes) {
    CUdeviceptr memory = allocate(bytes);
    check(cuMemcpyHtoD(memory, from, bytes));
    return memory;
  }

  CUdeviceptr floats(float... values) {
    return upload(Pointer.to(values), 4L * values.length);
  }

  CUdeviceptr shorts(short... values) {
    return upload(Pointer.to(values), 2L * values.length);
  }

  CUdeviceptr ints(int... values) {
    return upload(Pointer.to(values), 4L * values.length);
  }

  CUdeviceptr longs(long... values) {
    return upload(Pointer.to(values), 8L * values.length);
  }

  float[] readFloats(CUdeviceptr memory, int count) {
    float[] values = new float[count];
    check(cuMemcpyDtoH(Pointer.to(values), memory, 4L * count));
    return values;
  }

  short[] readShorts(CUdeviceptr memory, int count) {
    short[] values = new short[count];
    check(cuMemcpyDtoH(Pointer.to(values), memory, 2L * count));
    return values;
  }

  int[] readInts(CUdeviceptr memory, int count) {
    int[] values = new int[count];
    check(cuMemcpyDtoH(Pointer.to(values), memory, 4L * count));
    return values;
  }

  long readLong(CUdeviceptr memory) {
    long[] values = new long[1];
    check(cuMemcpyDtoH(Pointer.to(values), memory, 8));
    return values[0];
  }

  /** Arguments of a launch: device memory, numbers, or bytes of a struct. */
  static Pointer arguments(Object... values) {
    Pointer[] pointers = new Pointer[values.length];
    for (int i = 0; i < values.length; i++) {
      pointers[i] =
          switch (values[i]) {
            case CUdeviceptr memory -> Pointer.to(memory);
            case Integer value -> Pointer.to(new int[] {value});
            case Long value -> Pointer.to(new long[] {value});
            case Float value -> Pointer.to(new float[] {value});
            case Double value -> Pointer.to(new double[] {value});
            case Short value -> Pointer.to(new short[] {value});
            case byte[] value -> Pointer.to(value);
            default -> throw new IllegalArgumentException(values[i].toString());
          };
    }
    return Pointer.to(pointers);
  }

  static void check(int result) {
    if (result != 0) {
      String[] name = new String[1];
      JCudaDriver.cuGetErrorName(result, name);
      throw new IllegalStateException(name[0]);
    }
  }

  void free(CUdeviceptr memory) {
    allocated.remove(memory);
    check(cuMemFree(memory));
  }

  /** Frees all; errors are let be, for tests that broke the context. */
  @Override
  public void close() {
    allocated.forEach(JCudaDriver::cuMemFree);
    modules.forEach(JCudaDriver::cuModuleUnload);
    release();
    emulator.reset();
  }

  /** Releases the context only. */
  void release() {
    cuDevicePrimaryCtxRelease(device);
  }

  private static final class Loaded {
    static final Emulator EMULATOR = load();

    private Loaded() {}

    private static Emulator load() {
      if (System.getProperty("gpt2j.emulator.library") == null
          && EmulatorBuild.unavailable().isEmpty()) {
        try {
          Path library =
              EmulatorBuild.compiler()
                  .build(Sources.ofModule().and("selftest.cu", resource("selftest.cu")));
          System.setProperty("gpt2j.emulator.library", library.toString());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      Emulator emulator = Emulator.loadOrSkip();
      loadJcuda();
      return emulator;
    }

    // JCuda's own search for its natives doesn't see other modules, but it takes what lies in the
    // temporary folder.
    private static void loadJcuda() {
      String temporary = System.getProperty("java.io.tmpdir");
      try {
        Path folder = Files.createTempDirectory("gpt2j-emulator-");
        Path natives = folder.resolve(NATIVES);
        try (InputStream in = ClassLoader.getSystemResourceAsStream("lib/" + NATIVES)) {
          Files.copy(in, natives);
        }
        System.setProperty("java.io.tmpdir", folder.toString());
        JCudaDriver.setExceptionsEnabled(false);
        Files.delete(natives);
        Files.delete(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        System.setProperty("java.io.tmpdir", temporary);
      }
    }
  }
}
