package gpt2j.bench.result;

import java.util.EnumMap;
import java.util.Map;

/** Parts of a step as tables and plots show them; each is one or more of the model's sections. */
public enum Component {
  EMBEDDING("embedding"),
  NORMS("norms"),
  QKV("QKV"),
  KV_APPEND("KV append"),
  ATTENTION("attention"),
  PROJECTION("projection"),
  MLP("MLP"),
  HEAD("head"),
  SAMPLING("sampling"),
  /** The step's time outside all sections: copies to and from the device, and the host's own. */
  REST("rest");

  private final String label;

  Component(String label) {
    this.label = label;
  }

  /** As shown. */
  public String label() {
    return label;
  }

  /** The component of a section of {@link gpt2j.api.Profile}; unknown ones are {@link #REST}. */
  public static Component ofSection(String section) {
    return switch (section) {
      case "embedding" -> EMBEDDING;
      case "ln_1", "ln_2", "ln_f" -> NORMS;
      case "qkv" -> QKV;
      case "kv_append" -> KV_APPEND;
      case "attention" -> ATTENTION;
      case "attn_proj" -> PROJECTION;
      case "mlp_fc", "mlp_proj" -> MLP;
      case "head" -> HEAD;
      case "sample" -> SAMPLING;
      default -> REST;
    };
  }

  /**
   * The time of every component; they add up to the total.
   *
   * @param sections nanoseconds by section
   * @param totalNanos the whole step's
   */
  public static Map<Component, Long> group(Map<String, Long> sections, long totalNanos) {
    Map<Component, Long> nanos = new EnumMap<>(Component.class);
    for (Component component : values()) {
      nanos.put(component, 0L);
    }
    sections.forEach((section, time) -> nanos.merge(ofSection(section), time, Long::sum));
    long measured = sections.values().stream().mapToLong(Long::longValue).sum();
    nanos.merge(REST, totalNanos - measured, Long::sum);
    return nanos;
  }
}
