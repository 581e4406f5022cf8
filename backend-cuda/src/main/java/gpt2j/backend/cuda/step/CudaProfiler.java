package gpt2j.backend.cuda.step;

import gpt2j.api.Profile;
import gpt2j.api.Profiler;
import gpt2j.backend.cuda.driver.Closer;
import gpt2j.backend.cuda.driver.Context;
import gpt2j.backend.cuda.driver.Event;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Measures on the device's clock: each boundary between sections is an event in the stream. Events
 * are used again and again; the host waits for them only when very many are outstanding. The
 * boundaries of a recorded step are events within its graph.
 */
public final class CudaProfiler implements Profiler, AutoCloseable {
  /** Boundaries that may be outstanding before the host waits for them and adds them up. */
  private static final int MOST_MARKS = 1024;

  /** A boundary, and the section that begins there. */
  private record Mark(Event event, @Nullable Entry section) {}

  /** A boundary within a recorded step, and the name of the section that begins there. */
  private record StepMark(Event event, @Nullable String section) {}

  /** The boundaries of a recorded step, each run of which sets them anew. */
  static final class StepMarks implements AutoCloseable {
    private final List<StepMark> marks = new ArrayList<>();

    /** Whether there is no section, so that nothing can be told but the time of all. */
    boolean isEmpty() {
      return marks.stream().allMatch(mark -> mark.section() == null);
    }

    @Override
    public void close() {
      Closer closer = new Closer();
      marks.forEach(mark -> closer.add(mark.event()));
      marks.clear();
      closer.close();
    }
  }

  private static final class Entry {
    final String name;
    long calls;
    long nanos;

    Entry(String name) {
      this.name = name;
    }
  }

  private final Context context;
  private final Runnable beforeMark;
  private final HostRanges ranges;
  private final Deque<Event> idle = new ArrayDeque<>();
  private final List<Mark> marks = new ArrayList<>();
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long totalNanos;
  private boolean running;
  private boolean suspended;
  private boolean inRange;
  private @Nullable StepMarks captured; // of the step that is being captured with its sections

  /**
   * A profiler that is off.
   *
   * @param beforeMark queues what is held back, so that it counts to the section that ends
   * @param ranges also told of sections, and of the runs of recorded steps
   */
  public CudaProfiler(Context context, Runnable beforeMark, HostRanges ranges) {
    this.context = context;
    this.beforeMark = beforeMark;
    this.ranges = ranges;
  }

  /** Runs what queues a recorded step. */
  void queue(String step, Runnable work) {
    ranges.push(step);
    try {
      work.run();
    } finally {
      ranges.pop();
    }
  }

  boolean isRunning() {
    return running && !suspended;
  }

  /** While a step is recorded, nothing runs that could be measured. */
  public void suspend(boolean on) {
    suspended = on;
  }

  @Override
  public void start() {
    context.enter();
    recycle(marks.size());
    entries.clear();
    totalNanos = 0;
    running = true;
    mark(null);
  }

  /** From now on boundaries become a part of what the stream captures. */
  void beginStep(StepMarks marks) {
    captured = marks;
    markStep(null);
  }

  /** The step has its last boundary. */
  void endStep() {
    markStep(null);
  }

  /** From now on boundaries are those of what runs. */
  void leaveStep() {
    captured = null;
  }

  private void markStep(@Nullable String section) {
    beforeMark.run();
    StepMark mark = new StepMark(Event.timing(), section);
    Objects.requireNonNull(captured).marks.add(mark);
    mark.event().recordInGraph(context.stream());
  }

  /** Called around a run of a step that has marks of its own: outside of them is no section. */
  void outside() {
    mark(null);
  }

  /** Waits for the run of a step that was queued last and adds up the time between its marks. */
  void add(StepMarks step) {
    List<StepMark> all = step.marks;
    all.getLast().event().synchronize();
    for (int i = 1; i < all.size(); i++) {
      StepMark begin = all.get(i - 1);
      if (begin.section() != null) {
        Entry entry = entries.computeIfAbsent(begin.section(), Entry::new);
        entry.calls++;
        entry.nanos += all.get(i).event().nanosSince(begin.event());
      }
    }
  }

  @Override
  public void section(String name) {
    endRange();
    ranges.push(name);
    inRange = true;
    if (captured != null) {
      markStep(name);
    } else if (isRunning()) {
      mark(entries.computeIfAbsent(name, Entry::new));
    }
  }

  @Override
  public void end() {
    endRange();
    if (captured != null) {
      markStep(null);
    } else if (isRunning() && marks.getLast().section() != null) {
      mark(null);
    }
  }

  private void endRange() {
    if (inRange) {
      ranges.pop();
      inRange = false;
    }
  }

  @Override
  public Profile stop() {
    if (!running) {
      throw new IllegalStateException("the profiler was not started");
    }
    mark(null);
    running = false;
    addUp();
    return new Profile(
        entries.values().stream().map(e -> new Profile.Section(e.name, e.calls, e.nanos)).toList(),
        totalNanos);
  }

  private void mark(@Nullable Entry section) {
    context.enter();
    beforeMark.run();
    if (marks.size() == MOST_MARKS) {
      addUp();
    }
    Event event = idle.isEmpty() ? Event.timing() : idle.pop();
    marks.add(new Mark(event, section)); // first, so that the event is never lost
    event.record(context.stream());
  }

  /** Waits for the last mark and adds up the time between the marks; the last one stays. */
  private void addUp() {
    marks.getLast().event().synchronize();
    for (int i = 1; i < marks.size(); i++) {
      Mark begin = marks.get(i - 1);
      long nanos = marks.get(i).event().nanosSince(begin.event());
      totalNanos += nanos;
      if (begin.section() != null) {
        begin.section().calls++;
        begin.section().nanos += nanos;
      }
    }
    recycle(marks.size() - 1);
  }

  private void recycle(int count) {
    List<Mark> first = marks.subList(0, count);
    first.forEach(mark -> idle.push(mark.event()));
    first.clear();
  }

  @Override
  public void close() {
    running = false;
    recycle(marks.size());
    Closer closer = new Closer();
    idle.forEach(closer::add);
    idle.clear();
    closer.close();
  }
}
