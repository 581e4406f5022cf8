package gpt2j.cuda.emulator;

import static gpt2j.cuda.emulator.Driver.arguments;
import static gpt2j.cuda.emulator.Driver.check;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernels can do. */
class KernelTest {
  @Test
  void everyThreadKnowsWhoItIs() {
    try (Driver driver = Driver.open()) {
      CUfunction who = driver.function("who", 8);
      CUdeviceptr out = driver.allocate(4 * 24 * 60);
      check(cuLaunchKernel(who, 2, 3, 4, 5, 4, 3, 0, null, arguments(out), null));
      int[] values = driver.readInts(out, 24 * 60);
      for (int i = 0; i < values.length; i++) {
        assertEquals(i / 60 * 10000 + i % 60, values[i]);
      }
      assertEquals(List.of(), driver.emulator.problems());
    }
  }

  @ParameterizedTest
  @EnumSource
  void barriersOrderThreads(ThreadOrder order) {
    try (Driver driver = Driver.open()) {
      driver.emulator.threadOrder(order);
      float[] values = new float[1024];
      for (int i = 0; i < values.length; i++) {
        values[i] = i;
      }
      CUdeviceptr data = driver.floats(values);
      CUfunction mirror = driver.function("mirror", 8);
      check(cuLaunchKernel(mirror, 1, 1, 1, 1024, 1, 1, 4096, null, arguments(data), null));
      float[] mirrored = driver.readFloats(data, 1024);
      for (int i = 0; i < values.length; i++) {
        assertEquals(values[1023 - i], mirrored[i]);
      }
    }
  }

  @Test
  void warpsShuffleAndVote() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr out = driver.allocate(4 * 6 * 64);
      CUfunction shuffles = driver.function("shuffles", 8);
      check(cuLaunchKernel(shuffles, 1, 1, 1, 64, 1, 1, 0, null, arguments(out), null));
      check(cuCtxSynchronize());
      int[] values = driver.readInts(out, 6 * 64);
      for (int i = 0; i < 64; i++) {
        int lane = i % 32;
        int[] expected = {
          31 * 16,
          lane ^ 1,
          0x55555555,
          Math.max(0, lane - 1),
          lane % 8 == 7 ? lane : lane + 1,
          lane < 16 ? 15 - lane : -1
        };
        assertArrayEquals(expected, Arrays.copyOfRange(values, 6 * i, 6 * i + 6));
      }
    }
  }
}
