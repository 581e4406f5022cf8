package gpt2j.cuda.emulator;

import static gpt2j.cuda.emulator.Driver.arguments;
import static gpt2j.cuda.emulator.Driver.check;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuLaunchCooperativeKernel;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
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

  @Test
  void threadsRunInTheOrderAskedFor() {
    try (Driver driver = Driver.open()) {
      CUfunction arrivals = driver.function("arrivals", 8, 8);
      int[] forward = IntStream.range(0, 64).toArray();
      assertArrayEquals(forward, arrivals(driver, arrivals, ThreadOrder.FORWARD));
      int[] reverse = IntStream.range(0, 64).map(i -> 63 - i).toArray();
      assertArrayEquals(reverse, arrivals(driver, arrivals, ThreadOrder.REVERSE));
      int[] random = arrivals(driver, arrivals, ThreadOrder.RANDOM);
      assertFalse(Arrays.equals(random, forward));
      assertArrayEquals(random, arrivals(driver, arrivals, ThreadOrder.RANDOM));
      Arrays.sort(random);
      assertArrayEquals(forward, random);
    }
  }

  private static int[] arrivals(Driver driver, CUfunction function, ThreadOrder order) {
    driver.emulator.threadOrder(order);
    CUdeviceptr counter = driver.ints(0);
    CUdeviceptr out = driver.allocate(4 * 64);
    check(cuLaunchKernel(function, 1, 1, 1, 64, 1, 1, 0, null, arguments(counter, out), null));
    return driver.readInts(out, 64);
  }

  @ParameterizedTest
  @EnumSource
  void aMissingBarrierShows(ThreadOrder order) {
    try (Driver driver = Driver.open()) {
      driver.emulator.threadOrder(order);
      float[] values = new float[64];
      for (int i = 0; i < values.length; i++) {
        values[i] = i;
      }
      CUdeviceptr data = driver.floats(values);
      CUfunction mirror = driver.function("mirror_unsynchronized", 8);
      check(cuLaunchKernel(mirror, 1, 1, 1, 64, 1, 1, 256, null, arguments(data), null));
      float[] mirrored = driver.readFloats(data, 64);
      int wrong = 0;
      for (int i = 0; i < values.length; i++) {
        wrong += Float.isNaN(mirrored[i]) ? 1 : 0;
        assertTrue(Float.isNaN(mirrored[i]) || mirrored[i] == values[63 - i]);
      }
      assertTrue(wrong > 0);
    }
  }

  @Test
  void sharedMemoryHoldsNothingAtFirst() {
    try (Driver driver = Driver.open()) {
      CUfunction unwritten = driver.function("unwritten_shared", 8);
      CUdeviceptr out = driver.floats(1, 1, 1, 1);
      check(cuLaunchKernel(unwritten, 2, 1, 1, 1, 1, 1, 64, null, arguments(out), null));
      for (float value : driver.readFloats(out, 4)) {
        assertTrue(Float.isNaN(value));
      }
    }
  }

  @Test
  void copiesLandWhenTheyAreWaitedFor() {
    try (Driver driver = Driver.open()) {
      CUfunction copy = driver.function("copy_async", 8, 8, 4, 4);
      CUdeviceptr in = driver.floats(1, 2, 3, 4);
      CUdeviceptr out = driver.allocate(16);
      assertArrayEquals(new float[] {1, 2, 3, 4}, copied(driver, copy, out, in, 16, 1));
      assertArrayEquals(new float[4], copied(driver, copy, out, in, 0, 1));
      for (float value : copied(driver, copy, out, in, 16, 0)) {
        assertTrue(Float.isNaN(value));
      }
    }
  }

  private static float[] copied(
      Driver driver, CUfunction copy, CUdeviceptr out, CUdeviceptr in, int bytes, int waited) {
    check(cuLaunchKernel(copy, 1, 1, 1, 1, 1, 1, 0, null, arguments(out, in, bytes, waited), null));
    return driver.readFloats(out, 4);
  }

  @Test
  void tensorCoresMultiply() {
    Random random = new Random(1);
    short[] halvesA = new short[256];
    short[] halvesB = new short[128];
    short[] brainsA = new short[256];
    short[] brainsB = new short[128];
    float[] a = new float[256];
    float[] b = new float[128];
    for (int i = 0; i < 256; i++) {
      a[i] = random.nextInt(-64, 64) / 32f; // exact in both types
      halvesA[i] = Float.floatToFloat16(a[i]);
      brainsA[i] = (short) (Float.floatToIntBits(a[i]) >> 16);
    }
    for (int i = 0; i < 128; i++) {
      b[i] = random.nextInt(-64, 64) / 32f;
      halvesB[i] = Float.floatToFloat16(b[i]);
      brainsB[i] = (short) (Float.floatToIntBits(b[i]) >> 16);
    }
    float[] expected = new float[128];
    for (int row = 0; row < 16; row++) {
      for (int column = 0; column < 8; column++) {
        for (int k = 0; k < 16; k++) {
          expected[row * 8 + column] += a[row * 16 + k] * b[column * 16 + k];
        }
      }
    }
    try (Driver driver = Driver.open()) {
      CUdeviceptr out = driver.allocate(512);
      CUfunction half = driver.function("multiply_f16", 8, 8, 8);
      Pointer halves = arguments(out, driver.shorts(halvesA), driver.shorts(halvesB));
      check(cuLaunchKernel(half, 1, 1, 1, 32, 1, 1, 0, null, halves, null));
      assertArrayEquals(expected, driver.readFloats(out, 128), 1e-5f);
      CUfunction brain = driver.function("multiply_bf16", 8, 8, 8);
      Pointer brains = arguments(out, driver.shorts(brainsA), driver.shorts(brainsB));
      check(cuLaunchKernel(brain, 1, 1, 1, 32, 1, 1, 0, null, brains, null));
      assertArrayEquals(expected, driver.readFloats(out, 128), 1e-5f);
    }
  }

  @Test
  void matricesAreLoadedAsFragments() {
    short[] matrix = new short[256];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = (short) i; // row 16 · i, column i mod 16
    }
    try (Driver driver = Driver.open()) {
      CUfunction load = driver.function("load_matrix", 8, 8);
      CUdeviceptr out = driver.allocate(4 * 128);
      Pointer arguments = arguments(out, driver.shorts(matrix));
      check(cuLaunchKernel(load, 1, 1, 1, 32, 1, 1, 0, null, arguments, null));
      int[] registers = driver.readInts(out, 128);
      for (int lane = 0; lane < 32; lane++) {
        for (int r = 0; r < 4; r++) {
          // PTX ISA, "Matrix Fragments for mma.m16n8k16": A.
          int row = lane / 4 + 8 * (r % 2);
          int column = lane % 4 * 2 + 8 * (r / 2);
          int low = row * 16 + column;
          assertEquals((low + 1) << 16 | low, registers[lane * 4 + r]);
        }
      }
    }
  }

  @Test
  void sixteenBitNumbersConvertAsInJava() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr halves = driver.allocate(4 << 16);
      CUdeviceptr brains = driver.allocate(4 << 16);
      CUdeviceptr halfBack = driver.allocate(2 << 16);
      CUdeviceptr brainBack = driver.allocate(2 << 16);
      CUfunction convert = driver.function("convert", 8, 8, 8, 8);
      Pointer arguments = arguments(halves, brains, halfBack, brainBack);
      check(cuLaunchKernel(convert, 64, 1, 1, 1024, 1, 1, 0, null, arguments, null));
      float[] half = driver.readFloats(halves, 1 << 16);
      float[] brain = driver.readFloats(brains, 1 << 16);
      short[] halfAgain = driver.readShorts(halfBack, 1 << 16);
      short[] brainAgain = driver.readShorts(brainBack, 1 << 16);
      for (int bits = 0; bits < 1 << 16; bits++) {
        assertEquals(Float.float16ToFloat((short) bits), half[bits]);
        assertEquals(Float.intBitsToFloat(bits << 16), brain[bits]);
        if (!Float.isNaN(half[bits])) {
          assertEquals((short) bits, halfAgain[bits]);
        }
        if (!Float.isNaN(brain[bits])) {
          assertEquals((short) bits, brainAgain[bits]);
        }
      }
    }
  }

  @Test
  void narrowingRoundsToTheNearestAndTiesToEven() {
    Random random = new Random(2);
    float[] values = new float[1 << 16];
    for (int i = 0; i < values.length; i++) {
      float any = Float.intBitsToFloat(random.nextInt());
      values[i] = Float.isNaN(any) ? 0 : i % 2 == 0 ? any : (float) random.nextGaussian();
      if (i % 4 == 1) {
        // Just between two neighbours.
        int bits = Float.floatToIntBits(values[i]);
        values[i] =
            Float.intBitsToFloat(i % 8 == 1 ? bits & ~0xFFFF | 0x8000 : bits & ~0x1FFF | 0x1000);
      }
    }
    try (Driver driver = Driver.open()) {
      CUdeviceptr halves = driver.allocate(2L * values.length);
      CUdeviceptr brains = driver.allocate(2L * values.length);
      CUfunction narrow = driver.function("narrow", 8, 8, 8);
      Pointer arguments = arguments(halves, brains, driver.floats(values));
      check(cuLaunchKernel(narrow, values.length / 256, 1, 1, 256, 1, 1, 0, null, arguments, null));
      short[] half = driver.readShorts(halves, values.length);
      short[] brain = driver.readShorts(brains, values.length);
      for (int i = 0; i < values.length; i++) {
        assertEquals(Float.floatToFloat16(values[i]), half[i]);
        int bits = Float.floatToIntBits(values[i]);
        int down = bits & ~0xFFFF;
        int rest = bits & 0xFFFF;
        boolean up = rest > 0x8000 || (rest == 0x8000 && (bits & 0x10000) != 0);
        assertEquals((short) ((up ? down + 0x10000 : down) >>> 16), brain[i]);
      }
    }
  }

  @Test
  void atomicsLoseNothing() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr counters = driver.ints(0, 0, 0, Integer.MAX_VALUE);
      CUdeviceptr wide = driver.longs(0);
      CUdeviceptr sum = driver.floats(0);
      CUfunction atomics = driver.function("atomics", 8, 8, 8);
      Pointer arguments = arguments(counters, wide, sum);
      check(cuLaunchKernel(atomics, 64, 1, 1, 256, 1, 1, 0, null, arguments, null));
      assertArrayEquals(new int[] {64 * 256, -1, 255, 5}, driver.readInts(counters, 4));
      assertEquals(64L * 256 << 32, driver.readLong(wide));
      assertEquals(64 * 128, driver.readFloats(sum, 1)[0]);
    }
  }

  @Test
  void parametersArePackedAsInC() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr out = driver.longs(0);
      CUfunction mixed = driver.function("mixed", 8, 1, 8, 2, 16, 4);
      ByteBuffer pair = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
      pair.put(0, (byte) 4).putDouble(8, 0.25);
      Pointer arguments = arguments(out, new byte[] {1}, 2.5, (short) 30, pair.array(), 0.125f);
      check(cuLaunchKernel(mixed, 1, 1, 1, 1, 1, 1, 0, null, arguments, null));
      assertEquals(37.875, Double.longBitsToDouble(driver.readLong(out)));
    }
  }

  @Test
  void blocksOfACooperativeGridWaitForEachOther() {
    try (Driver driver = Driver.open()) {
      CUdeviceptr arrived = driver.ints(0);
      CUdeviceptr seen = driver.ints(0);
      CUfunction barrier = driver.function("grid_barrier", 8, 8);
      Pointer arguments = arguments(arrived, seen);
      check(cuLaunchCooperativeKernel(barrier, 6, 1, 1, 40, 1, 1, 0, null, arguments));
      assertEquals(240, driver.readInts(seen, 1)[0]);
      assertEquals(
          CUresult.CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE,
          cuLaunchCooperativeKernel(barrier, 9, 1, 1, 1024, 1, 1, 0, null, arguments));
    }
  }
}
