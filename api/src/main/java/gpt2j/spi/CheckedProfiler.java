package gpt2j.spi;

import gpt2j.api.Profile;
import gpt2j.api.Profiler;

/** A backend's profiler, for one caller at a time while the backend is open. */
final class CheckedProfiler implements Profiler {
  private final BackendLife life;
  private final Profiler own;

  CheckedProfiler(BackendLife life, Profiler own) {
    this.life = life;
    this.own = own;
  }

  @Override
  public void start() {
    life.runUnrecorded("start", own::start);
  }

  @Override
  public void section(String name) {
    life.run(() -> own.section(name));
  }

  @Override
  public void end() {
    life.run(own::end);
  }

  @Override
  public Profile stop() {
    return life.getUnrecorded("stop", own::stop);
  }
}
