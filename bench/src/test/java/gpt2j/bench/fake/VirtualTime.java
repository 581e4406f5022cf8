package gpt2j.bench.fake;

/**
 * A host that queues work and a device that does it, each with the time at which it is ready again.
 * The host's time is the clock's. Who doesn't wait for the device measures launches.
 */
public final class VirtualTime {
  /** What queueing one operation takes the host. */
  public static final long LAUNCH = 10;

  private long host = 1_000_000;
  private long device;

  /** The host's time. */
  public long nanos() {
    return host;
  }

  /** Queues work; returns how long the device takes. */
  long queue(long nanos) {
    host += LAUNCH;
    device = Math.max(device, host) + nanos;
    return nanos;
  }

  /** Waits for the device. */
  void await() {
    host = Math.max(host, device);
  }

  /** The host does something else. */
  void pass(long nanos) {
    host += nanos;
  }

  /** When the device has done all that is queued. */
  long deviceReady() {
    return Math.max(device, host);
  }
}
