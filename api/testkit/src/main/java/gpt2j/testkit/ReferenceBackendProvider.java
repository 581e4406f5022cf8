package gpt2j.testkit;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.DeviceKind;
import gpt2j.spi.CheckedBackend;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Opens the reference backend, called {@code reference}: plain Java that states each operation as
 * clearly as possible, the oracle for every other backend. Activations are stored as float32, sums
 * are taken in float64. Everything is supported: all precisions, all types of cache. It computes on
 * the calling thread, whatever number of threads is asked for, and row by row, so that it is always
 * batch-invariant.
 *
 * <p>It is strict where other backends may be lax, so that a model's mistakes come out: new memory
 * holds NaN, or integers that are no valid token or position; what is used after it was closed,
 * belongs to another backend or overlaps where it may not is refused.
 */
public final class ReferenceBackendProvider implements BackendProvider {
  /**
   * The setting that makes {@link gpt2j.api.TokenQueue#depth} more than 0, from {@code 0} to {@code
   * 8}: nothing runs ahead here, but who uses the backend may queue steps as if it did.
   */
  public static final String RUN_AHEAD = "run-ahead";

  /** Costs nothing, like every provider. */
  public ReferenceBackendProvider() {}

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Map<String, List<String>> settings() {
    return Map.of(RUN_AHEAD, IntStream.rangeClosed(0, 8).mapToObj(Integer::toString).toList());
  }

  @Override
  public DeviceKind kind() {
    return DeviceKind.PROCESSOR;
  }

  @Override
  public Availability availability() {
    return new Availability.Available(List.of(ReferenceBackend.describeDevice()));
  }

  @Override
  public Backend open(BackendOptions options) {
    options.requireSettingsOf(this);
    if (options.device() != 0) {
      throw new BackendUnavailableException(
          "the reference backend has one device, 0, not " + options.device());
    }
    int runAhead = Integer.parseInt(options.settings().getOrDefault(RUN_AHEAD, "0"));
    return new CheckedBackend(name(), new ReferenceBackend(options.memoryLimit(), runAhead));
  }
}
