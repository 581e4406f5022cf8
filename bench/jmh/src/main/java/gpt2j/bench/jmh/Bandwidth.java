package gpt2j.bench.jmh;

import gpt2j.api.DeviceKind;

/** Measures how fast memory can be read. */
interface Bandwidth extends AutoCloseable {
  /** Bytes per second, the best of a few passes; takes some tens of milliseconds. */
  double measure();

  @Override
  void close();

  /**
   * The memory that a backend computes in: the host's, or the device's.
   *
   * @param threads host threads; 0 for the backend's default
   */
  static Bandwidth of(String backend, int threads) {
    DeviceKind kind = Device.provider(backend).kind();
    return kind == DeviceKind.PROCESSOR ? HostRead.like(backend, threads) : new DeviceCopy(backend);
  }
}
