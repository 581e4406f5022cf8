package gpt2j.bench.context;

/** A monotonic clock. */
@FunctionalInterface
public interface NanoClock {
  /** Nanoseconds since some fixed point. */
  long nanos();

  /** The system's. */
  static NanoClock system() {
    return System::nanoTime;
  }
}
