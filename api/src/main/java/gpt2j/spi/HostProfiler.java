package gpt2j.spi;

import gpt2j.api.Profile;
import gpt2j.api.Profiler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** A profiler for backends whose operations are done when the call returns: it reads a clock. */
public final class HostProfiler implements Profiler {
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private boolean running;
  private long startedAt;
  private volatile @Nullable Entry current;
  private long enteredAt;

  /** A profiler that is off. */
  public HostProfiler() {}

  @Override
  public void start() {
    entries.clear();
    current = null;
    running = true;
    startedAt = System.nanoTime();
  }

  @Override
  public void section(String name) {
    if (running) {
      long now = leave();
      current = entries.computeIfAbsent(name, Entry::new);
      enteredAt = now;
    }
  }

  @Override
  public void end() {
    if (running) {
      leave();
    }
  }

  /** Whether it measures, so that {@link #part} is of use. */
  public boolean isRunning() {
    return running;
  }

  /**
   * So much of the current section's time went into a part of its operation. Any thread that works
   * on the operation may say so.
   *
   * @param nanos as the clock on the wall shows it: of work that n threads share, an n-th
   */
  public void part(String name, long nanos) {
    Entry entry = current;
    if (entry != null) {
      entry.part(name).add(nanos);
    }
  }

  @Override
  public Profile stop() {
    if (!running) {
      throw new IllegalStateException("the profiler was not started");
    }
    long total = leave() - startedAt;
    running = false;
    return new Profile(entries.values().stream().map(Entry::section).toList(), total);
  }

  private long leave() {
    long now = System.nanoTime();
    if (current != null) {
      current.calls++;
      current.nanos += now - enteredAt;
      current = null;
    }
    return now;
  }

  private static final class Entry {
    final String name;
    long calls;
    long nanos;
    final Map<String, LongAdder> parts = new ConcurrentHashMap<>();
    final List<String> order = new CopyOnWriteArrayList<>(); // of their first appearance

    Entry(String name) {
      this.name = name;
    }

    LongAdder part(String part) {
      return parts.computeIfAbsent(
          part,
          _ -> {
            order.add(part);
            return new LongAdder();
          });
    }

    /** Parts are timed on threads that don't all begin at once, and so may come to a bit more. */
    Profile.Section section() {
      long sum = parts.values().stream().mapToLong(LongAdder::sum).sum();
      double factor = sum > nanos ? (double) nanos / sum : 1;
      Map<String, Long> times = new LinkedHashMap<>();
      order.forEach(part -> times.put(part, (long) (part(part).sum() * factor)));
      return new Profile.Section(name, calls, nanos, times);
    }
  }
}
