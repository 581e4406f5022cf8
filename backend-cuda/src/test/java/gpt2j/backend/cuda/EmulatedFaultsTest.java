package gpt2j.backend.cuda;

import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendException;
import gpt2j.api.BackendOptions;
import gpt2j.api.DeviceFailureException;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cuda.driver.CudaDevice;
import gpt2j.cuda.emulator.Emulator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import jcuda.driver.CUresult;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Whatever the driver answers: a clear error, everything given back, nobody waits for ever. */
@Timeout(120)
class EmulatedFaultsTest {
  /** All that the backend calls, save what tells the text of an error. */
  private static final List<String> FUNCTIONS =
      List.of(
          "cuInit",
          "cuDriverGetVersion",
          "cuDeviceGetCount",
          "cuDeviceGet",
          "cuDeviceGetName",
          "cuDeviceTotalMem",
          "cuDeviceGetAttribute",
          "cuDevicePrimaryCtxRetain",
          "cuDevicePrimaryCtxRelease",
          "cuCtxSetCurrent",
          "cuMemGetInfo",
          "cuMemAlloc",
          "cuMemFree",
          "cuMemHostAlloc",
          "cuMemHostGetDevicePointer",
          "cuMemFreeHost",
          "cuMemsetD8Async",
          "cuMemcpyHtoDAsync",
          "cuMemcpyDtoHAsync",
          "cuModuleLoadData",
          "cuModuleGetFunction",
          "cuModuleUnload",
          "cuFuncSetAttribute",
          "cuLaunchKernel",
          "cuStreamCreate",
          "cuStreamDestroy",
          "cuStreamSynchronize",
          "cuStreamBeginCapture",
          "cuStreamEndCapture",
          "cuGraphInstantiate",
          "cuGraphUpload",
          "cuGraphLaunch",
          "cuGraphExecDestroy",
          "cuGraphDestroy",
          "cuEventCreate",
          "cuEventRecord",
          "cuEventRecordWithFlags",
          "cuEventSynchronize",
          "cuEventElapsedTime",
          "cuEventDestroy");

  /** Functions that give back; where one fails, what it should have given back is left. */
  private static final List<String> RELEASES =
      List.of(
          "cuDevicePrimaryCtxRelease",
          "cuMemFree",
          "cuMemFreeHost",
          "cuModuleUnload",
          "cuStreamDestroy",
          "cuGraphExecDestroy",
          "cuGraphDestroy",
          "cuEventDestroy");

  /** More calls of one function than these are tried only here and there. */
  private static final int ALL_CALLS = 60;

  private Emulator emulator;
  private Live before;

  @BeforeEach
  void start() {
    emulator = Emulation.start();
    before = live();
  }

  @AfterEach
  void reset() {
    emulator.reset();
  }

  /** Opens, loads, decodes, measures, reads and closes. */
  private static void life() {
    try (Backend backend = new CudaBackendProvider().open(BackendOptions.defaults());
        SmallDecoder decoder = decoder(backend)) {
      Step step = decoder.recordSections();
      backend.profiler().start();
      decoder.step();
      decoder.take();
      for (int i = 0; i < 4; i++) {
        step.run();
        decoder.take();
      }
      backend.profiler().stop();
      decoder.logits();
      decoder.keys();
    }
  }

  private static SmallDecoder decoder(Backend backend) {
    return new SmallDecoder(backend, 1, 2, SamplingParameters.random(1));
  }

  @TestFactory
  Stream<DynamicTest> anErrorAtAnyCall() {
    emulator.reset();
    life();
    Map<String, Long> calls = new LinkedHashMap<>();
    for (String function : FUNCTIONS) {
      long count = emulator.calls(function);
      assertTrue(count > 0, function + " is not called");
      calls.put(function, count);
    }
    return FUNCTIONS.stream()
        .map(
            function ->
                DynamicTest.dynamicTest(
                    function + ", " + calls.get(function) + " calls",
                    () -> failEachCall(function, calls.get(function))));
  }

  private void failEachCall(String function, long calls) {
    long stride = Math.ceilDiv(calls, ALL_CALLS);
    for (long call = 1; call <= calls; call += stride) {
      emulator.reset();
      emulator.fail(function, call, CUresult.CUDA_ERROR_UNKNOWN);
      String where = function + ", call " + call;
      BackendException failure = failureOf(EmulatedFaultsTest::life);
      if (failure == null) {
        // Who waits for tokens calls more or less often, depending on how long it takes.
        assertTrue(emulator.calls(function) < call, where + ": nothing was thrown");
        continue;
      }
      String message = String.valueOf(failure.getMessage());
      assertTrue(message.contains(function), where + ": " + message);
      assertTrue(message.contains("CUDA_ERROR_UNKNOWN"), where + ": " + message);
      assertEquals(1, message.lines().count(), message);
      if (RELEASES.contains(function)) {
        takeBackTheContext(function);
        emulator.problems();
        before = live(); // with what the driver refused to take back
      } else {
        assertNothingLeft(where);
      }
    }
  }

  private static @Nullable BackendException failureOf(Runnable work) {
    try {
      work.run();
      return null;
    } catch (BackendException e) {
      return e;
    }
  }

  /** A context that was not released would be there for the next one who opens the device. */
  private static void takeBackTheContext(String function) {
    if (function.equals("cuDevicePrimaryCtxRelease")) {
      assertEquals(0, cuDevicePrimaryCtxRelease(CudaDevice.all().getFirst().handle()));
    }
  }

  /** What the driver has given and not got back. */
  private record Live(long contexts, long allocations, long objects) {}

  private Live live() {
    return new Live(emulator.liveContexts(), emulator.liveAllocations(), emulator.liveObjects());
  }

  private void assertNothingLeft(String where) {
    assertEquals(List.of(), emulator.problems(), where);
    assertEquals(before, live(), where);
  }

  @Test
  void noMemoryForLoading() {
    emulator.totalMemory(64L << 20);
    try (Backend backend = new CudaBackendProvider().open(BackendOptions.defaults())) {
      KvCacheSpec spec = new KvCacheSpec(12, 12, 64, 4, 1024, WeightFormat.F32);
      OutOfMemoryException refusal =
          assertThrows(OutOfMemoryException.class, () -> backend.kvCache(spec));
      assertTrue(refusal.getMessage().startsWith("out of memory: the KV cache needs 301,989,888"));
      try (SmallDecoder decoder = decoder(backend)) {
        decoder.step();
        decoder.take();
      }
    }
    assertNothingLeft("after a shortage");
  }

  @Test
  void noMemoryToOpen() {
    emulator.totalMemory(1L << 20);
    BackendException refusal =
        assertThrows(
            BackendException.class,
            () -> new CudaBackendProvider().open(BackendOptions.defaults()).close());
    assertTrue(refusal.getMessage().contains("out of memory"), refusal.getMessage());
    assertNothingLeft("after not opening");
  }

  /** Each call that asks for memory, from when decoding is being prepared. */
  @Test
  void noMemoryForDecoding() {
    try (Backend backend = new CudaBackendProvider().open(BackendOptions.defaults());
        SmallDecoder running = decoder(backend)) {
      Step step = running.record();
      step.run();
      running.take();
      emulator.failFrom("cuMemAlloc", 1, CUresult.CUDA_ERROR_OUT_OF_MEMORY);
      KvCacheSpec spec = new KvCacheSpec(12, 12, 64, 4, 1024, WeightFormat.F32);
      assertThrows(OutOfMemoryException.class, () -> backend.kvCache(spec));
      for (int i = 0; i < 5; i++) {
        step.run(); // needs none
        running.take();
      }
    }
    assertNothingLeft("after a shortage");
  }

  /** An error in the middle of a kernel, which ends the context. */
  @Test
  void aKernelFails() {
    for (int nth = 1; nth < 40; nth += 3) {
      emulator.reset();
      try (Backend backend = new CudaBackendProvider().open(BackendOptions.defaults())) {
        SmallDecoder decoder = decoder(backend);
        Step step = decoder.record();
        emulator.failExecution(nth, CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
        DeviceFailureException failure =
            assertThrows(
                DeviceFailureException.class,
                () -> {
                  for (int i = 0; i < 20; i++) {
                    step.run();
                    decoder.take();
                  }
                });
        assertTrue(failure.getMessage().contains("CUDA_ERROR_ILLEGAL_ADDRESS"));
      } catch (DeviceFailureException closing) {
        assertTrue(closing.getMessage().contains("CUDA_ERROR_ILLEGAL_ADDRESS"));
      }
      emulator.problems();
      assertNothingLeft("after execution " + nth);
      emulator.reset();
      life(); // with a new context
    }
  }

  @Test
  void handlesAreClosedInAnyOrder() {
    for (int seed = 0; seed < 20; seed++) {
      Backend backend = new CudaBackendProvider().open(BackendOptions.defaults());
      SmallDecoder decoder = decoder(backend);
      Step step = decoder.record();
      step.run();
      List<AutoCloseable> handles = new ArrayList<>(decoder.handles());
      handles.add(backend);
      handles.addAll(decoder.handles().subList(0, 3)); // twice
      Collections.shuffle(handles, new Random(seed));
      for (AutoCloseable handle : handles) {
        close(handle);
      }
      assertNothingLeft("seed " + seed);
    }
  }

  private static void close(AutoCloseable handle) {
    try {
      handle.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aClosedBackendSaysSo() {
    Backend backend = new CudaBackendProvider().open(BackendOptions.defaults());
    SmallDecoder decoder = decoder(backend);
    Step step = decoder.record();
    backend.close();
    for (Runnable use :
        List.<Runnable>of(decoder::step, step::run, decoder::logits, backend::synchronize)) {
      assertThrows(IllegalStateException.class, use::run);
    }
    decoder.close();
    assertNothingLeft("after use of a closed backend");
  }

  /** They share the device's context, so what ends the context ends both. */
  @Test
  void twoBackendsAtOnce() {
    try (Backend one = new CudaBackendProvider().open(BackendOptions.defaults());
        SmallDecoder first = decoder(one)) {
      try (Backend two = new CudaBackendProvider().open(BackendOptions.defaults());
          SmallDecoder second = decoder(two)) {
        for (int i = 0; i < 3; i++) {
          first.step();
          second.step();
          assertEquals(first.take()[0], second.take()[0]);
        }
      }
      first.step();
      first.take();
    }
    assertNothingLeft("after two backends");
  }

  @Test
  void aStepWhoseMemoryIsGoneDoesNotRun() {
    try (Backend backend = new CudaBackendProvider().open(BackendOptions.defaults());
        SmallDecoder decoder = decoder(backend)) {
      Step step = decoder.record();
      close(decoder.handles().get(5));
      assertThrows(IllegalStateException.class, step::run);
    }
    assertNothingLeft("after a step without memory");
  }

  @Test
  void onlyOperationsCanBeRecorded() {
    try (Backend backend = new CudaBackendProvider().open(BackendOptions.defaults());
        SmallDecoder decoder = decoder(backend)) {
      IllegalStateException refusal =
          assertThrows(
              IllegalStateException.class,
              () ->
                  backend.record(
                      "with a look",
                      () -> {
                        decoder.step();
                        decoder.logits();
                      }));
      assertEquals(
          "the step with a look can't be recorded: it calls read, which is no operation",
          refusal.getMessage());
      decoder.step();
      decoder.take();
    }
    assertNothingLeft("after a step that can't be recorded");
  }
}
