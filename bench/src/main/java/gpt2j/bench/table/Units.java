package gpt2j.bench.table;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.result.setup.Surroundings;
import gpt2j.bench.statistics.Interval;
import gpt2j.bench.statistics.Statistics;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** How numbers are shown. */
final class Units {
  static final double MIB = 1 << 20;
  static final double MILLI = 1e6; // nanoseconds
  static final double SECOND = 1e9;
  static final double GIGA = 1e9;

  private Units() {}

  /** Milliseconds of nanoseconds. */
  static Cell millis(double nanos) {
    return Cell.of(nanos / MILLI);
  }

  static Cell mebibytes(double bytes) {
    return Cell.of(bytes / MIB);
  }

  /** A median and the ends of its spread. */
  static Cell interval(Interval interval) {
    return Cell.within(interval.estimate(), interval.low(), interval.high());
  }

  /** Others' cores at worst; nothing where the system doesn't tell. */
  static Cell cores(OptionalDouble most) {
    return most.isPresent() ? new Cell.Number(most.getAsDouble(), 2, null) : new Cell.Empty();
  }

  /** At how many GB/s the memory was read before the repetitions. */
  static Cell readBandwidth(Surroundings surroundings) {
    return interval(
        Statistics.range(
            surroundings.bytesPerSecond().stream().mapToDouble(b -> b / GIGA).toArray()));
  }

  static Cell precision(WeightFormat precision) {
    return Cell.of(lowerCase(precision));
  }

  static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static Optional<Model> model(Header header, String name) {
    return header.models().stream().filter(model -> model.name().equals(name)).findFirst();
  }
}
