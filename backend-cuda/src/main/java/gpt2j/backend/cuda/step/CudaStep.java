package gpt2j.backend.cuda.step;

import gpt2j.api.Step;
import gpt2j.backend.cuda.driver.Closer;
import gpt2j.backend.cuda.forward.Fusion;
import gpt2j.backend.cuda.launch.CudaRuntime;
import org.jspecify.annotations.Nullable;

/**
 * A recorded step: one graph of kernels, for which the host makes one call. While its time is
 * measured another graph runs in its place, which is captured when it is first needed: the same
 * operations, and a mark wherever a section begins. As always while measuring, no kernel does the
 * work of two sections there.
 */
public final class CudaStep implements Step {
  private final String name;
  private final CudaRuntime runtime;
  private final Fusion fusion;
  private final Recorder recorder;
  private final CudaProfiler profiler;
  private final Runnable around;
  private final CudaProfiler.StepMarks marks = new CudaProfiler.StepMarks();
  private final Runnable plainRun = this::launch; // made once: a run allocates nothing
  private final Runnable measuredRun = this::runMeasured;
  private StepGraph graph;
  private @Nullable StepGraph measured;
  private boolean closed;

  /**
   * Records what {@code body} queues; it does not run. The calling thread has entered.
   *
   * @param recording runs a body as that of a step
   */
  public CudaStep(
      String name,
      CudaRuntime runtime,
      Fusion fusion,
      Recorder recorder,
      CudaProfiler profiler,
      Recording recording,
      Runnable body) {
    this.name = name;
    this.runtime = runtime;
    this.fusion = fusion;
    this.recorder = recorder;
    this.profiler = profiler;
    around = () -> recording.run(body);
    graph = new StepGraph(name, runtime, fusion, recorder, around);
  }

  /** See the constructor. */
  @FunctionalInterface
  public interface Recording {
    /** Runs {@code body}. */
    void run(Runnable body);
  }

  @Override
  public String name() {
    return name;
  }

  /** Kernels and copies of one run. */
  public long nodes() {
    return graph.nodes();
  }

  @Override
  public void run() {
    runtime.context().enter();
    graph.requireRunnable();
    fusion.flush();
    if (graph.isOutdated()) {
      captureAnew();
    }
    profiler.queue(name, profiler.isRunning() ? measuredRun : plainRun);
  }

  private void launch() {
    graph.launch();
  }

  private void captureAnew() {
    StepGraph outdated = graph;
    graph = new StepGraph(name, runtime, fusion, recorder, around);
    outdated.close();
    StepGraph inSections = measured;
    if (inSections != null) {
      measured = null;
      inSections.close();
      marks.close();
    }
  }

  private void runMeasured() {
    StepGraph inSections = measured();
    if (marks.isEmpty()) {
      profiler.section(name);
      graph.launch();
      profiler.end();
    } else {
      profiler.outside();
      inSections.launch();
      profiler.outside();
      profiler.add(marks);
    }
  }

  private StepGraph measured() {
    StepGraph known = measured;
    if (known == null) {
      try {
        known = new StepGraph(name, runtime, fusion, recorder, this::capture);
      } catch (RuntimeException | Error e) {
        marks.close();
        throw e;
      }
      measured = known;
    }
    return known;
  }

  private void capture() {
    try {
      profiler.beginStep(marks);
      around.run();
      profiler.endStep();
    } finally {
      profiler.leaveStep();
    }
  }

  public boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    Closer closer = new Closer();
    closer.add(graph);
    StepGraph inSections = measured;
    if (inSections != null) {
      closer.add(inSections);
    }
    closer.add(marks);
    closer.add(runtime.context()::enter);
    closer.close();
  }
}
