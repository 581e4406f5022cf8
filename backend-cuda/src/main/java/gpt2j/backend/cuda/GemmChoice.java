package gpt2j.backend.cuda;

import gpt2j.api.BackendOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What makes products of many rows. */
enum GemmChoice {
  /** cuBLAS where it is faster and there is one, else this backend's own kernels. */
  AUTO,
  /** This backend's own kernels. */
  CUSTOM,
  /** cuBLAS, or no backend. */
  CUBLAS;

  /** The setting's name. */
  static final String SETTING = "gemm";

  /** The values that the setting may have, the default first. */
  static List<String> names() {
    return Arrays.stream(values()).map(choice -> choice.name().toLowerCase(Locale.ROOT)).toList();
  }

  /** What the options say, or the default. */
  static GemmChoice of(BackendOptions options) {
    String name = options.settings().getOrDefault(SETTING, names().getFirst());
    return valueOf(name.toUpperCase(Locale.ROOT));
  }
}
