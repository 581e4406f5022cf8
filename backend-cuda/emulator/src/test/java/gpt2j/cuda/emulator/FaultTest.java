package gpt2j.cuda.emulator;

import static gpt2j.cuda.emulator.Driver.arguments;
import static gpt2j.cuda.emulator.Driver.check;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong is found, said, and made the error that a driver would answer with. */
class FaultTest {
  private static void assertProblem(Driver driver, String part) {
    List<String> problems = driver.emulator.problems();
    assertTrue(
        problems.stream().anyMatch(problem -> problem.contains(part)),
        () -> "no '" + part + "' in " + problems);
  }

  /** Launches one block and returns what the next synchronisation answers. */
  private static int run(CUfunction function, int threads, Pointer arguments) {
    check(cuLaunchKernel(function, 1, 1, 1, threads, 1, 1, 0, null, arguments, null));
    return cuCtxSynchronize();
  }

  @ParameterizedTest
  @CsvSource({
    "shuffle_from_ended, 32, which takes no part",
    "divergent, 32, different operations",
  })
  void undefinedOperationsOfWarpsFail(String kernel, int threads, String problem) {
    try (Driver driver = Driver.open()) {
      CUdeviceptr out = driver.allocate(4L * threads);
      CUfunction function = driver.function(kernel, 8);
      assertEquals(CUresult.CUDA_ERROR_LAUNCH_FAILED, run(function, threads, arguments(out)));
      assertProblem(driver, problem);
      assertEquals(CUresult.CUDA_ERROR_LAUNCH_FAILED, cuCtxSynchronize(), "it stays");
    }
  }

  @Test
  void barriersThatNobodyCanPassEndTheKernel() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr out = driver.allocate(4 * 64);
      CUfunction stuck = driver.function("stuck", 8);
      assertEquals(CUresult.CUDA_ERROR_LAUNCH_TIMEOUT, run(stuck, 64, arguments(out)));
      assertProblem(driver, "no thread can go on: 63 of 64");
    }
  }

  @Test
  void trapsEndTheKernel() {
    try (Driver driver = Driver.open()) {
      CUfunction trap = driver.function("trap_at", 4);
      assertEquals(CUresult.CUDA_SUCCESS, run(trap, 64, arguments(64)));
      assertEquals(CUresult.CUDA_ERROR_LAUNCH_FAILED, run(trap, 64, arguments(63)));
      assertProblem(driver, "trap");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {100, 1 << 20, -1025, -(1L << 40)})
  void readingOutsideIsIllegalOrNaN(long index) {
    try (Driver driver = Driver.open()) {
      CUdeviceptr data = driver.allocate(400);
      CUdeviceptr out = driver.floats(0);
      CUfunction read = driver.function("read_at", 8, 8, 8);
      int result = run(read, 1, arguments(out, data, index));
      if (index == 100) {
        assertEquals(CUresult.CUDA_SUCCESS, result);
        assertTrue(Float.isNaN(driver.readFloats(out, 1)[0]));
      } else {
        assertEquals(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, result);
        assertProblem(driver, "kernel read_at, block (0, 0, 0): thread 0 accesses memory");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"100, 0 bytes behind the end", "-1, 4 bytes before", "110, 40 bytes behind the end"})
  void writesBesideAnAllocationAreFound(long index, String where) {
    try (Driver driver = Driver.open()) {
      CUdeviceptr data = driver.allocate(400);
      CUfunction write = driver.function("write_at", 8, 8);
      assertEquals(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, run(write, 1, arguments(data, index)));
      assertProblem(driver, "written " + where + (index < 0 ? "" : " of") + " an allocation");
    }
  }

  @Test
  void freedMemoryIsGone() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr data = driver.floats(1, 2, 3);
      CUfunction write = driver.function("write_at", 8, 8);
      assertEquals(CUresult.CUDA_SUCCESS, run(write, 1, arguments(data, 0L)));
      driver.free(data);
      assertEquals(
          CUresult.CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoH(Pointer.to(new float[3]), data, 12));
      assertEquals(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, run(write, 1, arguments(data, 0L)));
      assertProblem(driver, "byte 0 of a freed device allocation of 12 bytes");
    }
  }

  @Test
  void memoryIsFreedOnce() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr data = driver.floats(1, 2, 3);
      driver.free(data);
      assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, cuMemFree(data));
      assertProblem(driver, "free of byte 0 of a freed device allocation");
    }
  }

  @Test
  void sharedMemoryEndsWhereTheLaunchSaid() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr out = driver.allocate(4);
      CUfunction write = driver.function("write_shared_at", 8, 4);
      Pointer inside = arguments(out, 24);
      check(cuLaunchKernel(write, 1, 1, 1, 1, 1, 1, 100, null, inside, null));
      assertEquals(CUresult.CUDA_SUCCESS, cuCtxSynchronize());
      Pointer outside = arguments(out, 25);
      check(cuLaunchKernel(write, 1, 1, 1, 1, 1, 1, 100, null, outside, null));
      assertEquals(CUresult.CUDA_ERROR_LAUNCH_FAILED, cuCtxSynchronize());
      assertProblem(driver, "beside dynamic shared memory");
    }
  }

  @Test
  void pointersMustLeadToTheDevice() {
    try (Driver driver = Driver.open()) {
      CUfunction write = driver.function("write_at", 8, 8);
      assertEquals(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, run(write, 1, arguments(0x1234_5678L, 0L)));
      assertProblem(driver, "parameter 0 points to nothing that was allocated");
    }
  }

  @Test
  void copiesStayInside() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr data = driver.floats(1, 2, 3);
      Pointer host = Pointer.to(new float[4]);
      assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, cuMemcpyHtoD(data, host, 16));
      assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoH(host, data, 16));
      assertEquals(CUresult.CUDA_SUCCESS, cuMemcpyDtoH(host, data, 12));
    }
  }

  @Test
  void memoryRunsOut() {
    try (Driver driver = Driver.open()) {
      driver.emulator.totalMemory(1000);
      CUdeviceptr most = driver.allocate(900);
      CUdeviceptr more = new CUdeviceptr();
      assertEquals(CUresult.CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(more, 101));
      assertEquals(900, driver.emulator.liveBytes());
      driver.free(most);
      driver.allocate(1000);
    }
  }

  @Test
  void whatIsLeftAtTheEndIsAProblem() {
    Driver driver = Driver.open();
    Emulator emulator = driver.emulator;
    driver.allocate(10);
    check(cuStreamCreate(new CUstream(), 0));
    assertEquals(1, emulator.liveAllocations());
    assertEquals(1, emulator.liveObjects());
    driver.release();
    List<String> problems = emulator.problems();
    assertTrue(problems.getFirst().contains("1 device and 0 host allocations, 1 streams"));
    assertEquals(0, emulator.liveAllocations() + emulator.liveObjects());
  }

  @Test
  void plannedErrorsComeWhenTheyAreDue() {
    try (Driver driver = Driver.open()) {
      long before = driver.emulator.calls("cuMemAlloc");
      driver.emulator.fail("cuMemAlloc", 2, CUresult.CUDA_ERROR_OUT_OF_MEMORY);
      driver.allocate(1);
      assertEquals(CUresult.CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(new CUdeviceptr(), 1));
      driver.allocate(1);
      driver.emulator.failFrom("cuMemAlloc", 1, CUresult.CUDA_ERROR_NOT_PERMITTED);
      assertEquals(CUresult.CUDA_ERROR_NOT_PERMITTED, cuMemAlloc(new CUdeviceptr(), 1));
      assertEquals(CUresult.CUDA_ERROR_NOT_PERMITTED, cuMemAlloc(new CUdeviceptr(), 1));
      assertEquals(before + 5, driver.emulator.calls("cuMemAlloc"));
      assertEquals(2, driver.emulator.liveAllocations());
    }
  }

  @Test
  void plannedErrorsOfKernelsAreFoundLaterAndStay() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr value = driver.longs(0);
      CUfunction increment = driver.function("increment", 8);
      driver.emulator.failExecution(2, CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      driver.emulator.rest(1_000_000);
      check(cuLaunchKernel(increment, 1, 1, 1, 1, 1, 1, 0, null, arguments(value), null));
      check(cuLaunchKernel(increment, 1, 1, 1, 1, 1, 1, 0, null, arguments(value), null));
      assertEquals(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, cuCtxSynchronize());
      assertEquals(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, cuMemAlloc(new CUdeviceptr(), 1));
      assertProblem(driver, "kernel increment fails because a test asked for it");
    }
    // With the context the error is gone, and nothing is left over.
    try (Driver driver = Driver.open()) {
      assertEquals(0, driver.emulator.liveAllocations() + driver.emulator.liveObjects());
      assertEquals(CUresult.CUDA_SUCCESS, cuCtxSynchronize());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1024, 1, 1, 0, 0",
    "1025, 1, 1, 0, 1",
    "0, 1, 1, 0, 1",
    "32, 0, 1, 0, 1",
    "32, 1, 65536, 0, 1",
    "32, 1, 1, 49024, 0",
    "32, 1, 1, 49025, 1"
  })
  void launchesKeepTheLimits(int threads, int gridX, int gridY, int shared, int error) {
    try (Driver driver = Driver.open()) {
      CUdeviceptr value = driver.longs(0);
      CUfunction increment = driver.function("increment", 8);
      assertEquals(
          error,
          cuLaunchKernel(
              increment, gridX, gridY, 1, threads, 1, 1, shared, null, arguments(value), null));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'.version 7.0\n.target sm_75\n', 0",
    "'.version 9.0\n.target sm_75\n', 222",
    "'.version 7.0\n.target sm_90\n', 209",
    "'.target sm_75\n', 218",
    "'.version x\n.target sm_75\n', 218",
    "'.version 7.0\n.target sm_75\n.visible .entry increment(', 218",
    "'.version 7.0\n.target sm_75\n.visible .entry increment(.param .u64 a) { ret;', 218",
    "'.version 7.0\n.target sm_75\n.visible .entry increment(.param .u32 a) { ret; }', 218",
    "'.version 7.0\n.target sm_75\n.visible .entry increment() { ret; }', 218",
    "'.version 7.0\n.target sm_75\n.visible .entry unheard_of() { ret; }', 218",
    "'garbage', 218",
    "'', 218"
  })
  void ptxIsRead(String text, int error) {
    try (Driver driver = Driver.open()) {
      CUmodule module = new CUmodule();
      byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
      long before = driver.emulator.liveObjects();
      assertEquals(error, cuModuleLoadData(module, bytes));
      assertEquals(before + (error == 0 ? 1 : 0), driver.emulator.liveObjects());
      if (error == 0) {
        assertEquals(
            CUresult.CUDA_ERROR_NOT_FOUND,
            cuModuleGetFunction(new CUfunction(), module, "increment"));
      }
    }
  }
}
