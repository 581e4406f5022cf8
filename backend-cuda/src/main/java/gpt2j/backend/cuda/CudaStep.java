package gpt2j.backend.cuda;

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
import java.util.Set;
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
  private final Set<DeviceMemory.Region> memory; // whose addresses the graph holds
  private boolean closed;

  private CudaStep(
      String name, CudaRuntime runtime, Fusion fusion, CudaProfiler profiler, Runnable body) {
    this.name = name;
    this.runtime = runtime;
    this.fusion = fusion;
    this.profiler = profiler;
    memory = capture(body);
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

  private Set<DeviceMemory.Region> capture(Runnable body) {
    fusion.flush();
    Context context = runtime.context();
    Cuda.check(
        "cuStreamBeginCapture",
        cuStreamBeginCapture(context.stream(), CU_STREAM_CAPTURE_MODE_RELAXED));
    runtime.memory().beginTouching();
    try {
      body.run();
      fusion.flush();
    } catch (RuntimeException | Error e) {
      runtime.memory().endTouching();
      fusion.discard();
      // What was captured is of no use; the stream must leave its capture anyway.
      if (cuStreamEndCapture(context.stream(), graph) == 0) {
        cuGraphDestroy(graph);
      }
      throw e;
    }
    Set<DeviceMemory.Region> touched = runtime.memory().endTouching();
    Cuda.check(
        "cuStreamEndCapture of the step " + name, cuStreamEndCapture(context.stream(), graph));
    return touched;
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
    for (DeviceMemory.Region region : memory) {
      region.requireOpen();
    }
    fusion.flush();
    profiler.section(name);
    Cuda.check("cuGraphLaunch", cuGraphLaunch(executable, runtime.context().stream()));
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
    runtime.context().enter();
    int executableDestroyed = cuGraphExecDestroy(executable);
    int graphDestroyed = cuGraphDestroy(graph);
    Cuda.check("cuGraphExecDestroy", executableDestroyed);
    Cuda.check("cuGraphDestroy", graphDestroyed);
  }
}
