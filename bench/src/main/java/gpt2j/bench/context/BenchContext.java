package gpt2j.bench.context;

import gpt2j.api.BackendProvider;
import gpt2j.api.BackendSpec;
import gpt2j.api.DeviceKind;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What benchmarks work with.
 *
 * @param backends every backend by name
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
    LongSupplier clock,
    MachineWatch machine,
    Path models,
    String version,
    BooleanSupplier cancelled,
    RunListener listener) {
  public BenchContext {
    backends = Map.copyOf(backends);
  }

  /** What a backend computes on, which may have settings of its own. */
  public DeviceKind kind(String backend) {
    BackendProvider provider = backends.get(BackendSpec.parse(backend).name());
    return provider == null ? DeviceKind.OTHER : provider.kind();
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
