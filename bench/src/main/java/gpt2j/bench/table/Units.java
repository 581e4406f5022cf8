package gpt2j.bench.table;

import gpt2j.api.Precision;
import gpt2j.bench.result.Header;
import gpt2j.bench.result.Model;
import java.util.Locale;
import java.util.Optional;

/** How numbers are shown. */
final class Units {
  static final double MIB = 1 << 20;
  static final double MILLI = 1e6; // nanoseconds
  static final double SECOND = 1e9;

  private Units() {}

  /** Milliseconds of nanoseconds. */
  static Cell millis(double nanos) {
    return Cell.of(nanos / MILLI, 2);
  }

  static Cell mebibytes(double bytes) {
    return Cell.of(bytes / MIB, 1);
  }

  static Cell precision(Precision precision) {
    return Cell.of(lowerCase(precision));
  }

  static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static Optional<Model> model(Header header, String name) {
    return header.models().stream().filter(model -> model.name().equals(name)).findFirst();
  }
}
