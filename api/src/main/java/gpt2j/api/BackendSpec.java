package gpt2j.api;

import gpt2j.api.tensor.WeightFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A backend with settings of its own, written {@code name/setting=value/…}: {@code
 * cuda/gemm=cublas}. So that one backend can be compared with itself. Every backend has the
 * settings {@value #BATCH_INVARIANT}, {@code true} or {@code false}, and {@value #CACHE_PRECISION},
 * how KV caches are kept, {@code f32}, {@code f16}, {@code bf16} or {@code q8_0}.
 *
 * @param name what {@link BackendProvider#name} says
 * @param settings as in {@link BackendOptions#settings}, or one of those two
 */
public record BackendSpec(String name, Map<String, String> settings) {
  /** The setting that is {@link BackendOptions#batchInvariant}. */
  public static final String BATCH_INVARIANT = "batch-invariant";

  /** The setting that says how KV caches are kept. */
  public static final String CACHE_PRECISION = "cache-precision";

  private static final List<String> CACHE_PRECISIONS = List.of("f32", "f16", "bf16", "q8_0");

  /**
   * A backend with settings.
   *
   * @throws IllegalArgumentException when {@value #BATCH_INVARIANT} is neither true nor false, or
   *     {@value #CACHE_PRECISION} none that a cache can have
   */
  public BackendSpec {
    settings = Map.copyOf(settings);
    String invariant = settings.getOrDefault(BATCH_INVARIANT, "false");
    if (!List.of("true", "false").contains(invariant)) {
      throw new IllegalArgumentException(
          BATCH_INVARIANT + " must be true or false, not " + invariant);
    }
    String cache = settings.getOrDefault(CACHE_PRECISION, "f32");
    if (!CACHE_PRECISIONS.contains(cache)) {
      throw new IllegalArgumentException(
          "%s must be one of %s, not %s"
              .formatted(CACHE_PRECISION, String.join(", ", CACHE_PRECISIONS), cache));
    }
  }

  /**
   * Reads {@code text}.
   *
   * @throws IllegalArgumentException when something after the name isn't {@code setting=value}
   */
  public static BackendSpec parse(String text) {
    String[] parts = text.split("/", -1);
    Map<String, String> settings = new TreeMap<>();
    for (int i = 1; i < parts.length; i++) {
      String[] setting = parts[i].split("=", -1);
      if (setting.length != 2 || setting[0].isEmpty() || setting[1].isEmpty()) {
        throw new IllegalArgumentException(
            "a backend is written name or name/setting=value, not " + text);
      }
      if (settings.put(setting[0], setting[1]) != null) {
        throw new IllegalArgumentException(text + " has the setting " + setting[0] + " twice");
      }
    }
    return new BackendSpec(parts[0], settings);
  }

  /** As {@link #parse} reads it, settings in the order of their names. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(name);
    new TreeMap<>(settings).forEach((key, value) -> text.append('/' + key + '=' + value));
    return text.toString();
  }

  /** The same backend, batch-invariant. */
  public BackendSpec batchInvariant() {
    Map<String, String> changed = new TreeMap<>(settings);
    changed.put(BATCH_INVARIANT, "true");
    return new BackendSpec(name, changed);
  }

  /** How KV caches are kept. */
  public WeightFormat cachePrecision() {
    String name = settings.getOrDefault(CACHE_PRECISION, "f32");
    return WeightFormat.valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** {@code options} with these settings, but for {@value #CACHE_PRECISION}, which is no option. */
  public BackendOptions applyTo(BackendOptions options) {
    BackendOptions changed = options;
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      changed =
          switch (setting.getKey()) {
            case BATCH_INVARIANT ->
                changed.withBatchInvariant(Boolean.parseBoolean(setting.getValue()));
            case CACHE_PRECISION -> changed;
            default -> changed.withSetting(setting.getKey(), setting.getValue());
          };
    }
    return changed;
  }
}
