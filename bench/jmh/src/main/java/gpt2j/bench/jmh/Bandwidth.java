package gpt2j.bench.jmh;

/** Measures how fast memory can be read. */
interface Bandwidth extends AutoCloseable {
  /** Bytes per second, the best of a few passes; takes some tens of milliseconds. */
  double measure();

  @Override
  void close();

  /**
   * The memory that a backend computes in: the host's for {@code cpu}, else the device's.
   *
   * @param threads host threads; 0 for the backend's default
   */
  static Bandwidth of(String backend, int threads) {
    return backend.equals("cpu") ? HostRead.like(backend, threads) : new DeviceCopy(backend);
  }
}
