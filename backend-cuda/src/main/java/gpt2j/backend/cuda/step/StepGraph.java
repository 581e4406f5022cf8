package gpt2j.backend.cuda.step;

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

import gpt2j.backend.cuda.driver.Closer;
import gpt2j.backend.cuda.driver.Context;
import gpt2j.backend.cuda.driver.Cuda;
import gpt2j.backend.cuda.forward.CudaSamplingState;
import gpt2j.backend.cuda.forward.Fusion;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.memory.DeviceMemory;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;

/** What was captured of a stream, ready to be queued by one call. */
final class StepGraph implements AutoCloseable {
  private final String name;
  private final CudaRuntime runtime;
  private final Fusion fusion;
  private final Recorder recorder;
  private final CUgraph graph = new CUgraph();
  private final CUgraphExec executable = new CUgraphExec();
  private final Recorder.Recording used;
  private final boolean filters; // whether it has the kernels of draws with filters

  /** Captures what {@code body} queues; it does not run. The calling thread has entered. */
  StepGraph(String name, CudaRuntime runtime, Fusion fusion, Recorder recorder, Runnable body) {
    this.name = name;
    this.runtime = runtime;
    this.fusion = fusion;
    this.recorder = recorder;
    runtime.context().capture().lock();
    try {
      used = capture(body);
      filters = needsFilters();
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

  private Recorder.Recording capture(Runnable body) {
    fusion.flush();
    Context context = runtime.context();
    Cuda.check(
        "cuStreamBeginCapture",
        cuStreamBeginCapture(context.stream(), CU_STREAM_CAPTURE_MODE_RELAXED));
    recorder.begin();
    try {
      body.run();
      fusion.flush();
    } catch (RuntimeException | Error e) {
      recorder.end();
      fusion.discard();
      abandonCapture();
      throw e;
    }
    Recorder.Recording recorded = recorder.end();
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

  /** Kernels, copies and marks of one run. */
  long nodes() {
    long[] count = new long[1];
    Cuda.check("cuGraphGetNodes", cuGraphGetNodes(graph, null, count));
    return count[0];
  }

  /** Whether what it draws from needs kernels by now that it lacks. */
  boolean isOutdated() {
    return filters != needsFilters();
  }

  private boolean needsFilters() {
    return used.states().stream().anyMatch(CudaSamplingState::mayFilter);
  }

  /** Throws unless all that it uses is there, and has room. The calling thread has entered. */
  void requireRunnable() {
    used.memory().forEach(DeviceMemory.Region::requireOpen);
    used.queues().forEach(CudaTokenQueue::requireRoom);
  }

  /** Queues it. */
  void launch() {
    Cuda.check("cuGraphLaunch", cuGraphLaunch(executable, runtime.context().stream()));
    used.queues().forEach(CudaTokenQueue::countQueued);
  }

  /** The driver keeps what still runs until it is done. */
  @Override
  public void close() {
    Closer closer = new Closer();
    closer.add(() -> Cuda.check("cuGraphDestroy", cuGraphDestroy(graph)));
    closer.add(() -> Cuda.check("cuGraphExecDestroy", cuGraphExecDestroy(executable)));
    closer.close();
  }
}
