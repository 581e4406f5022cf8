package gpt2j.bench.context;

import gpt2j.api.BackendProvider;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * What benchmarks work with.
 *
 * @param backends every backend by name
 * @param clock takes the time; the devices' own clocks take the time of sections
 * @param machine sees what else the machine does
 * @param models where checkpoints of standard sizes with random weights are kept
 * @param version version of gpt2j
 * @param cancelled whether the user wants an end; asked between tokens
 * @param listener is told how far it is
 */
public record BenchContext(
    Map<String, BackendProvider> backends,
    NanoClock clock,
    MachineWatch machine,
    Path models,
    String version,
    BooleanSupplier cancelled,
    RunListener listener) {
  public BenchContext {
    backends = Map.copyOf(backends);
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
