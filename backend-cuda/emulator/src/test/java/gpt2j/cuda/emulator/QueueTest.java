package gpt2j.cuda.emulator;

import static gpt2j.cuda.emulator.Driver.arguments;
import static gpt2j.cuda.emulator.Driver.check;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventQuery;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphGetNodes;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;
import static jcuda.driver.JCudaDriver.cuMemHostGetDevicePointer;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamQuery;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import org.junit.jupiter.api.Test;

/** Streams, events, graphs. */
class QueueTest {
  /** Longer than any test takes: what is not waited for does not run. */
  private static final long FOREVER = 3_600_000_000L;

  private static CUstream stream(int flags) {
    CUstream stream = new CUstream();
    check(cuStreamCreate(stream, flags));
    return stream;
  }

  private static void launch(CUfunction function, CUstream stream, Object... arguments) {
    check(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, stream, arguments(arguments), null));
  }

  @Test
  void workRestsUntilItIsWaitedFor() {
    try (Driver driver = Driver.open()) {
      driver.emulator.rest(FOREVER);
      CUdeviceptr value = driver.longs(0);
      CUfunction increment = driver.function("increment", 8);
      CUstream stream = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
      long before = driver.emulator.executions();
      launch(increment, stream, value);
      launch(increment, stream, value);
      assertEquals(before, driver.emulator.executions());
      check(cuStreamSynchronize(stream));
      assertEquals(before + 2, driver.emulator.executions());
      assertEquals(2, driver.readLong(value));
      check(cuStreamDestroy(stream));
    }
  }

  @Test
  void copiesDoNotWaitForStreamsThatDoNotBlock() {
    try (Driver driver = Driver.open()) {
      driver.emulator.rest(FOREVER);
      CUfunction increment = driver.function("increment", 8);
      CUdeviceptr value = driver.longs(0);
      CUstream blocking = stream(CUstream_flags.CU_STREAM_DEFAULT);
      launch(increment, blocking, value);
      assertEquals(1, driver.readLong(value));
      check(cuStreamDestroy(blocking));
    }
  }

  @Test
  void mappedMemoryIsSeenByAHostThatOnlyLooks() {
    try (Driver driver = Driver.open()) {
      driver.emulator.rest(2000);
      CUfunction increment = driver.function("increment", 8);
      Pointer host = new Pointer();
      check(cuMemHostAlloc(host, 8, 2));
      CUdeviceptr mapped = new CUdeviceptr();
      check(cuMemHostGetDevicePointer(mapped, host, 0));
      var words = host.getByteBuffer(0, 8).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
      words.put(0, 0);
      for (int i = 0; i < 10; i++) {
        launch(increment, null, mapped);
      }
      assertTimeoutPreemptively(
          Duration.ofSeconds(60),
          () -> {
            while (words.get(0) != 10) {
              Thread.sleep(1);
            }
          });
      check(cuMemFreeHost(host));
    }
  }

  @Test
  void streamsWaitForEvents() {
    for (int seed = 1; seed <= 50; seed++) {
      try (Driver driver = Driver.open()) {
        driver.emulator.threadOrder(ThreadOrder.FORWARD, seed);
        CUfunction write = driver.function("write_at", 8, 8);
        CUdeviceptr data = driver.floats(0);
        CUstream first = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
        CUstream second = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
        CUevent event = new CUevent();
        check(cuEventCreate(event, 0));
        launch(write, first, data, 0L);
        check(cuEventRecord(event, first));
        check(cuStreamWaitEvent(second, event, 0));
        check(cuMemsetD32Async(data, 0, 1, second));
        check(cuStreamSynchronize(second));
        assertEquals(0, driver.readFloats(data, 1)[0]);
        check(cuEventDestroy(event));
        check(cuStreamDestroy(first));
        check(cuStreamDestroy(second));
        assertEquals(List.of(), driver.emulator.problems());
      }
    }
  }

  @Test
  void streamsThatDoNotWaitRunInAnyOrder() {
    int[] last = new int[2];
    for (int seed = 1; seed <= 50; seed++) {
      try (Driver driver = Driver.open()) {
        driver.emulator.rest(FOREVER);
        driver.emulator.threadOrder(ThreadOrder.FORWARD, seed * 7919L);
        CUdeviceptr data = driver.ints(7);
        CUstream first = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
        CUstream second = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
        check(cuMemsetD32Async(data, 0, 1, first));
        check(cuMemsetD32Async(data, 1, 1, second));
        check(cuCtxSynchronize());
        last[driver.readInts(data, 1)[0]]++;
        check(cuStreamDestroy(first));
        check(cuStreamDestroy(second));
      }
    }
    assertTrue(last[0] > 0 && last[1] > 0);
  }

  @Test
  void eventsSayWhenWorkWasDone() {
    try (Driver driver = Driver.open()) {
      driver.emulator.rest(FOREVER);
      CUfunction increment = driver.function("increment", 8);
      CUdeviceptr value = driver.longs(0);
      CUevent start = new CUevent();
      CUevent end = new CUevent();
      check(cuEventCreate(start, 0));
      check(cuEventCreate(end, 0));
      float[] milliseconds = new float[1];
      assertEquals(
          CUresult.CUDA_ERROR_INVALID_HANDLE, cuEventElapsedTime(milliseconds, start, end));
      check(cuEventRecord(start, null));
      launch(increment, null, value);
      check(cuEventRecord(end, null));
      assertEquals(CUresult.CUDA_ERROR_NOT_READY, cuEventQuery(end));
      check(cuEventSynchronize(end));
      check(cuEventQuery(end));
      check(cuEventElapsedTime(milliseconds, start, end));
      assertTrue(milliseconds[0] > 0);
      check(cuEventDestroy(start));
      check(cuEventDestroy(end));
    }
  }

  @Test
  void graphsReplayWhatWasCaptured() {
    try (Driver driver = Driver.open()) {
      CUfunction increment = driver.function("increment", 8);
      CUdeviceptr value = driver.longs(0);
      CUstream stream = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
      check(cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL));
      launch(increment, stream, value);
      launch(increment, stream, value);
      launch(increment, stream, value);
      CUgraph graph = new CUgraph();
      check(cuStreamEndCapture(stream, graph));
      long[] nodes = new long[1];
      check(cuGraphGetNodes(graph, null, nodes));
      assertEquals(3, nodes[0]);
      CUgraphExec exec = new CUgraphExec();
      check(cuGraphInstantiate(exec, graph, 0L));
      check(cuGraphDestroy(graph));
      assertEquals(0, driver.readLong(value), "capturing runs nothing");
      for (int i = 0; i < 5; i++) {
        check(cuGraphLaunch(exec, stream));
      }
      check(cuStreamSynchronize(stream));
      assertEquals(15, driver.readLong(value));
      check(cuGraphExecDestroy(exec));
      check(cuStreamDestroy(stream));
      assertEquals(List.of(), driver.emulator.problems());
    }
  }

  @Test
  void captureForbidsWhatWouldWait() {
    try (Driver driver = Driver.open()) {
      CUfunction increment = driver.function("increment", 8);
      CUdeviceptr value = driver.longs(0);
      CUstream stream = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
      for (int forbidden = 0; forbidden < 3; forbidden++) {
        check(cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL));
        launch(increment, stream, value);
        assertEquals(
            CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
            switch (forbidden) {
              case 0 -> cuStreamSynchronize(stream);
              case 1 -> cuStreamQuery(stream);
              default -> cuMemAlloc(new CUdeviceptr(), 1);
            });
        assertEquals(
            CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
            cuStreamEndCapture(stream, new CUgraph()));
      }
      launch(increment, stream, value);
      check(cuStreamSynchronize(stream));
      assertEquals(1, driver.readLong(value));
      check(cuStreamDestroy(stream));
    }
  }

  @Test
  void captureFollowsEventsToOtherStreams() {
    try (Driver driver = Driver.open()) {
      CUfunction increment = driver.function("increment", 8);
      CUdeviceptr value = driver.longs(0);
      CUdeviceptr other = driver.longs(0);
      CUstream stream = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
      CUstream side = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
      CUevent fork = new CUevent();
      CUevent join = new CUevent();
      check(cuEventCreate(fork, 0));
      check(cuEventCreate(join, 0));
      for (boolean joined : new boolean[] {true, false}) {
        check(cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL));
        launch(increment, stream, value);
        check(cuEventRecord(fork, stream));
        check(cuStreamWaitEvent(side, fork, 0));
        launch(increment, side, other);
        check(cuEventRecord(join, side));
        launch(increment, stream, value);
        if (joined) {
          check(cuStreamWaitEvent(stream, join, 0));
          launch(increment, stream, other);
        }
        CUgraph graph = new CUgraph();
        assertEquals(
            joined ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_STREAM_CAPTURE_UNJOINED,
            cuStreamEndCapture(stream, graph));
        if (joined) {
          long[] nodes = new long[1];
          check(cuGraphGetNodes(graph, null, nodes));
          assertEquals(4, nodes[0]);
          CUgraphExec exec = new CUgraphExec();
          check(cuGraphInstantiate(exec, graph, 0L));
          check(cuGraphLaunch(exec, stream));
          check(cuStreamSynchronize(stream));
          assertEquals(2, driver.readLong(value));
          assertEquals(2, driver.readLong(other));
          check(cuGraphExecDestroy(exec));
          check(cuGraphDestroy(graph));
        }
      }
      check(cuEventDestroy(fork));
      check(cuEventDestroy(join));
      check(cuStreamDestroy(stream));
      check(cuStreamDestroy(side));
    }
  }

  @Test
  void pinnedMemoryIsCopiedToLater() {
    try (Driver driver = Driver.open()) {
      driver.emulator.rest(FOREVER);
      CUdeviceptr value = driver.ints(5);
      CUstream stream = stream(CUstream_flags.CU_STREAM_NON_BLOCKING);
      Pointer host = new Pointer();
      check(cuMemHostAlloc(host, 4, 0));
      var words = host.getByteBuffer(0, 4).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
      words.put(0, 3);
      check(cuMemcpyDtoHAsync(host, value, 4, stream));
      assertEquals(3, words.get(0));
      check(cuStreamSynchronize(stream));
      assertEquals(5, words.get(0));
      check(cuMemFreeHost(host));
      check(cuStreamDestroy(stream));
    }
  }

  @Test
  void contextsAreCurrentToAThread() throws InterruptedException {
    try (Driver driver = Driver.open()) {
      int[] results = new int[2];
      Thread thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    results[0] = cuCtxSynchronize();
                    check(cuCtxSetCurrent(driver.context));
                    results[1] = cuCtxSynchronize();
                  });
      thread.join();
      assertEquals(CUresult.CUDA_ERROR_INVALID_CONTEXT, results[0]);
      assertEquals(CUresult.CUDA_SUCCESS, results[1]);
    }
  }
}
