package gpt2j.api;

/**
 * Measures how long the sections of the work take on the device itself. Off until {@link #start};
 * while off, {@link #section} costs next to nothing. Section names are the same on every backend
 * because the model gives them.
 */
public interface Profiler {
  /** Starts measuring, from zero. Steps recorded before may be measured as one section. */
  void start();

  /** The operations queued from here on belong to {@code name}, until the next section or end. */
  void section(String name);

  /** The operations queued from here on belong to no section. */
  void end();

  /**
   * Waits for everything queued, stops measuring and returns what was measured.
   *
   * @throws IllegalStateException when it was not started
   */
  Profile stop();
}
