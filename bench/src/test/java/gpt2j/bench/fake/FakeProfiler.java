package gpt2j.bench.fake;

import gpt2j.api.Profile;
import gpt2j.api.Profiler;
import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up what the device takes, by section. */
final class FakeProfiler implements Profiler {
  private final VirtualTime time;
  private final Map<String, Long> nanos = new LinkedHashMap<>();
  private final Map<String, Long> calls = new LinkedHashMap<>();
  private String section = "";
  private boolean running;
  private boolean suspended;
  private long startedAt;

  FakeProfiler(VirtualTime time) {
    this.time = time;
  }

  /** The section that operations belong to now; empty for none. */
  String section() {
    return section;
  }

  /** Whether what runs now can't be told apart. */
  void suspend(boolean on) {
    suspended = on;
  }

  void add(long duration) {
    if (running && !suspended && !section.isEmpty()) {
      nanos.merge(section, duration, Long::sum);
    }
  }

  @Override
  public void start() {
    nanos.clear();
    calls.clear();
    running = true;
    startedAt = time.deviceReady();
  }

  @Override
  public void section(String name) {
    section = name;
    if (running && !suspended) {
      calls.merge(name, 1L, Long::sum);
    }
  }

  @Override
  public void end() {
    section = "";
  }

  @Override
  public Profile stop() {
    if (!running) {
      throw new IllegalStateException("the profiler was not started");
    }
    running = false;
    time.await();
    return new Profile(
        nanos.entrySet().stream()
            .map(e -> new Profile.Section(e.getKey(), calls.get(e.getKey()), e.getValue()))
            .toList(),
        time.nanos() - startedAt);
  }
}
