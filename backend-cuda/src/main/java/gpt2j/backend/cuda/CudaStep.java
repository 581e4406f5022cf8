package gpt2j.backend.cuda;

import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static jcuda.driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphGetNodes;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuGraphUpload;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;

import gpt2j.api.Step;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;

/** A recorded step: one graph of kernels, for which the host makes one call. */
final class CudaStep implements Step {
  private final String name;
  private final CudaRuntime runtime;
  private final Fusion fusion;
  private final CudaProfiler profiler;
  private final CUgraph graph = new CUgraph();
  private final CUgraphExec executable = new CUgraphExec();
  private final CudaRuntime.Recording used;
  private boolean closed;

  private CudaStep(
      String name, CudaRuntime runtime, Fusion fusion, CudaProfiler profiler, Runnable body) {
    this.name = name;
    this.runtime = runtime;
    this.fusion = fusion;
    this.profiler = profiler;
    runtime.context().capture().lock();
    try {
      used = capture(body);
    } finally {
      runtime.context().capture().unlock();
    }
    try {
      Cuda.check("cuGraphInstantiate", cuGraphInstantiate(executable, graph, 0));
    } catch (RuntimeException e) {
      cuGraphDestroy(graph);
      throw e;
    }
    try {
      Cuda.check("cuGraphUpload", cuGraphUpload(executable, runtime.context().stream()));
    } catch (RuntimeException e) {
      cuGraphExecDestroy(executable);
      cuGraphDestroy(graph);
      throw e;
    }
  }

  /** Records what {@code body} queues; it does not run. The calling thread has entered. */
  static CudaStep record(
      String name, CudaRuntime runtime, Fusion fusion, CudaProfiler profiler, Runnable body) {
    return new CudaStep(name, runtime, fusion, profiler, body);
  }

  private CudaRuntime.Recording capture(Runnable body) {
    fusion.flush();
    Context context = runtime.context();
    Cuda.check(
        "cuStreamBeginCapture",
        cuStreamBeginCapture(context.stream(), CU_STREAM_CAPTURE_MODE_RELAXED));
    runtime.beginRecording();
    try {
      body.run();
      fusion.flush();
    } catch (RuntimeException | Error e) {
      runtime.endRecording();
      fusion.discard();
      abandonCapture();
      throw e;
    }
    CudaRuntime.Recording recorded = runtime.endRecording();
    int ended = endCapture();
    if (ended != CUDA_SUCCESS) {
      abandonCapture();
      Cuda.check("cuStreamEndCapture of the step " + name, ended);
    }
    return recorded;
  }

  private int endCapture() {
    return cuStreamEndCapture(runtime.context().stream(), graph);
  }

  /** What was captured is of no use; the stream must leave its capture anyway. */
  private void abandonCapture() {
    if (endCapture() == CUDA_SUCCESS) {
      cuGraphDestroy(graph);
    }
  }

  @Override
  public String name() {
    return name;
  }

  /** Kernels and copies of one run. */
  long nodes() {
    long[] count = new long[1];
    Cuda.check("cuGraphGetNodes", cuGraphGetNodes(graph, null, count));
    return count[0];
  }

  @Override
  public void run() {
    if (closed) {
      throw new IllegalStateException("the step " + name + " is closed");
    }
    runtime.context().enter();
    used.memory().forEach(DeviceMemory.Region::requireOpen);
    used.queues().forEach(CudaTokenQueue::requireRoom);
    fusion.flush();
    profiler.section(name);
    Cuda.check("cuGraphLaunch", cuGraphLaunch(executable, runtime.context().stream()));
    used.queues().forEach(CudaTokenQueue::countQueued);
    profiler.end();
  }

  boolean isClosed() {
    return closed;
  }

  /** The driver keeps what still runs until it is done. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    Closer closer = new Closer();
    closer.add(() -> Cuda.check("cuGraphDestroy", cuGraphDestroy(graph)));
    closer.add(() -> Cuda.check("cuGraphExecDestroy", cuGraphExecDestroy(executable)));
    closer.add(runtime.context()::enter);
    closer.close();
  }
}
