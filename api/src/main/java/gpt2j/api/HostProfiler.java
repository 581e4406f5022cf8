package gpt2j.api;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A profiler for backends whose operations are done when the call returns: it reads a clock. */
public final class HostProfiler implements Profiler {
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private boolean running;
  private long startedAt;
  private @Nullable Entry current;
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

  @Override
  public Profile stop() {
    if (!running) {
      throw new IllegalStateException("the profiler was not started");
    }
    long total = leave() - startedAt;
    running = false;
    return new Profile(
        entries.values().stream().map(e -> new Profile.Section(e.name, e.calls, e.nanos)).toList(),
        total);
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

    Entry(String name) {
      this.name = name;
    }
  }
}
