package gpt2j.bench.context;

import gpt2j.api.BackendProvider;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What benchmarks work with.
 *
 * @param backends every backend by name
 * @param kinds what the backends compute on, by name; what isn't there is of another kind
 * @param clock nanoseconds since some fixed point; the devices' own clocks take the time of
 *     sections
 * @param machine sees what else the machine does
 * @param models where checkpoints of standard sizes with random weights are kept
 * @param version version of gpt2j
 * @param cancelled whether the user wants an end; asked between tokens
 * @param listener is told how far it is
 */
public record BenchContext(
    Map<String, BackendProvider> backends,
    Map<String, DeviceKind> kinds,
    LongSupplier clock,
    MachineWatch machine,
    Path models,
    String version,
    BooleanSupplier cancelled,
    RunListener listener) {
  public BenchContext {
    backends = Map.copyOf(backends);
    kinds = Map.copyOf(kinds);
  }

  /** What a backend computes on, which may have settings of its own. */
  public DeviceKind kind(String backend) {
    return kinds.getOrDefault(backend.split("/", 2)[0], DeviceKind.OTHER);
  }

  /**
   * Returns unless the user wants an end.
   *
   * @throws CancellationException when he does
   */
  public void check() {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException("interrupted");
    }
  }
}
