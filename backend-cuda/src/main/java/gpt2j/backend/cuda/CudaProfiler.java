package gpt2j.backend.cuda;

import gpt2j.api.Profile;
import gpt2j.api.Profiler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Measures on the device's clock: each boundary between sections is an event in the stream. Events
 * are used again and again; the host waits for them only when very many are outstanding.
 */
final class CudaProfiler implements Profiler, AutoCloseable {
  /** Boundaries that may be outstanding before the host waits for them and adds them up. */
  private static final int MOST_MARKS = 1024;

  /** A boundary, and the section that begins there. */
  private record Mark(Event event, @Nullable Entry section) {}

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
  private final Deque<Event> idle = new ArrayDeque<>();
  private final List<Mark> marks = new ArrayList<>();
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long totalNanos;
  private boolean running;
  private boolean suspended;

  /**
   * A profiler that is off.
   *
   * @param beforeMark queues what is held back, so that it counts to the section that ends
   */
  CudaProfiler(Context context, Runnable beforeMark) {
    this.context = context;
    this.beforeMark = beforeMark;
  }

  boolean isRunning() {
    return running && !suspended;
  }

  /** While a step is recorded, nothing runs that could be measured. */
  void suspend(boolean on) {
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

  @Override
  public void section(String name) {
    if (isRunning()) {
      mark(entries.computeIfAbsent(name, Entry::new));
    }
  }

  @Override
  public void end() {
    if (isRunning() && marks.getLast().section() != null) {
      mark(null);
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
