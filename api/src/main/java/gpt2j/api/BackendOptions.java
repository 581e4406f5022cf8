package gpt2j.api;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * How to open a backend.
 *
 * @param device which device, counted from 0
 * @param threads host threads that compute, or as many as the backend has a use for, if fewer;
 *     empty for the backend's default
 * @param memoryLimit bytes that the backend may allocate on the device; empty for no limit
 * @param settings values of {@link BackendProvider#settings}, by name; a backend's defaults for
 *     those that are left out
 * @param batchInvariant whether each row's results of {@link Operations} must be the same, bit for
 *     bit, whatever other rows share its calls: alone, in any batch, in any chunk of its sequence,
 *     computed anew or from the cache. It costs speed. Training isn't meant, {@link
 *     gpt2j.api.training.TrainingOperations}
 */
public record BackendOptions(
    int device,
    OptionalInt threads,
    OptionalLong memoryLimit,
    Map<String, String> settings,
    boolean batchInvariant) {
  /** More than any machine has; each costs memory. */
  public static final int MOST_THREADS = 4096;

  public BackendOptions {
    if (device < 0) {
      throw new IllegalArgumentException("device must be 0 or more, not " + device);
    }
    if (threads.isPresent() && (threads.getAsInt() < 1 || threads.getAsInt() > MOST_THREADS)) {
      throw new IllegalArgumentException(
          "threads must be 1 to %d, not %d".formatted(MOST_THREADS, threads.getAsInt()));
    }
    if (memoryLimit.isPresent() && memoryLimit.getAsLong() < 1) {
      throw new IllegalArgumentException(
          "the memory limit must be 1 byte or more, not " + memoryLimit.getAsLong());
    }
    settings = Map.copyOf(settings);
  }

  /** Without settings, and results may depend on what else is computed. */
  public BackendOptions(int device, OptionalInt threads, OptionalLong memoryLimit) {
    this(device, threads, memoryLimit, Map.of(), false);
  }

  /**
   * Throws unless every setting is one of {@code provider}: what {@link BackendProvider#open}
   * begins with.
   *
   * @throws IllegalArgumentException when there is no such setting, or it can't have that value
   */
  public void requireSettingsOf(BackendProvider provider) {
    settings.forEach(
        (name, value) -> {
          List<String> values = provider.settings().get(name);
          if (values == null) {
            throw new IllegalArgumentException(
                "the %s backend has no setting %s".formatted(provider.name(), name));
          }
          if (!values.contains(value)) {
            throw new IllegalArgumentException(
                "the %s backend's setting %s must be one of %s, not %s"
                    .formatted(provider.name(), name, String.join(", ", values), value));
          }
        });
  }

  /**
   * The first device, the backend's default number of threads, no memory limit, no settings, not
   * invariant.
   */
  public static BackendOptions defaults() {
    return new BackendOptions(0, OptionalInt.empty(), OptionalLong.empty());
  }

  public BackendOptions withThreads(int count) {
    return new BackendOptions(device, OptionalInt.of(count), memoryLimit, settings, batchInvariant);
  }

  public BackendOptions withMemoryLimit(long bytes) {
    return new BackendOptions(device, threads, OptionalLong.of(bytes), settings, batchInvariant);
  }

  /** With one of the backend's own settings. */
  public BackendOptions withSetting(String name, String value) {
    Map<String, String> changed = new TreeMap<>(settings);
    changed.put(name, value);
    return new BackendOptions(device, threads, memoryLimit, changed, batchInvariant);
  }

  /** With or without a row's results depending on what else is computed. */
  public BackendOptions withBatchInvariant(boolean wanted) {
    return new BackendOptions(device, threads, memoryLimit, settings, wanted);
  }
}
