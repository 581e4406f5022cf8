package gpt2j.bench.fake;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.DeviceKind;
import gpt2j.testkit.ReferenceBackendProvider;
import java.util.List;
import java.util.Map;

/**
 * A device of known latencies, and the provider of its backend.
 *
 * <p>It can be cold, ten times slower at first, to see whether a warm-up is left out; and it can
 * hiccup, to see whether percentiles show it.
 */
public final class FakeDevice implements BackendProvider {
  /** How many times as slow a cold device is. */
  private static final long COLD = 10;

  private final String name;
  private final VirtualTime time;
  private final Latencies latencies;
  private long coldDraws;
  private int hiccupEvery;
  private long hiccup;
  private long draws;
  private long copy = Latencies.SELECT;
  private long product;
  private boolean wholeSteps;

  /** A device that is warm and steady. */
  public FakeDevice(String name, VirtualTime time, Latencies latencies) {
    this.name = name;
    this.time = time;
    this.latencies = latencies;
  }

  /** Is slow until it has drawn so many times, for a whole batch each time. */
  public FakeDevice coldFor(long count) {
    coldDraws = count;
    return this;
  }

  /** Takes {@code nanos} longer to draw each {@code every}-th time. */
  public FakeDevice hiccups(int every, long nanos) {
    hiccupEvery = every;
    hiccup = nanos;
    return this;
  }

  /** Measures a recorded step as a whole only. */
  public FakeDevice wholeSteps() {
    wholeSteps = true;
    return this;
  }

  boolean measuresWholeSteps() {
    return wholeSteps;
  }

  /** What a copy of a cache and a product outside of any section take. */
  public FakeDevice timedProbes(long copyNanos, long productNanos) {
    copy = copyNanos;
    product = productNanos;
    return this;
  }

  long copyNanos() {
    return copy;
  }

  long productNanos() {
    return product;
  }

  VirtualTime time() {
    return time;
  }

  /** The latencies once it is warm. */
  public Latencies latencies() {
    return latencies;
  }

  /** Queues an operation. */
  long queue(long nanos) {
    return time.queue(draws < coldDraws ? COLD * nanos : nanos);
  }

  /** Queues a draw. */
  long queueDraw(long nanos) {
    boolean slow = hiccupEvery > 0 && (draws + 1) % hiccupEvery == 0;
    long queued = queue(nanos + (slow ? hiccup : 0));
    draws++;
    return queued;
  }

  /** How many times tokens were drawn. */
  public long draws() {
    return draws;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DeviceKind kind() {
    return switch (name) {
      case "cpu" -> DeviceKind.PROCESSOR;
      case "gpu" -> DeviceKind.GPU;
      default -> DeviceKind.OTHER;
    };
  }

  @Override
  public Availability availability() {
    return new Availability.Available(
        List.of(new ReferenceBackendProvider().open(BackendOptions.defaults()).device()));
  }

  @Override
  public Backend open(BackendOptions options) {
    Backend memory = new ReferenceBackendProvider().open(BackendOptions.defaults());
    return new FakeBackend(memory, this, options.threads().orElse(3));
  }

  /** As a map of backends by name. */
  public Map<String, BackendProvider> alone() {
    return Map.of(name, this);
  }
}
