package gpt2j.bench.table;

import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CaseMeasurement;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.ProgramMeasurement;
import gpt2j.bench.result.setup.Surroundings;
import gpt2j.bench.statistics.Interval;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Says what the machine was like while a result was measured. */
final class SurroundingsNotes {
  /** What was measured, and what it was like then. */
  private record Stretch(String what, Surroundings around) {
    static Stretch of(CaseMeasurement m) {
      BenchmarkCase of = m.benchmarkCase();
      return new Stretch(of.model() + " " + of.test(), m.surroundings());
    }

    static Stretch of(ProgramMeasurement m) {
      return new Stretch(
          "%s %s, %s"
              .formatted(m.program(), Units.lowerCase(m.phase()), Units.lowerCase(m.precision())),
          new Surroundings(
              m.othersCores().stream().boxed().toList(),
              m.bytesPerSecond().stream().boxed().toList()));
    }

    double busiest() {
      return around.mostOthersCores().orElse(0);
    }
  }

  private final List<Stretch> stretches;

  SurroundingsNotes(BenchmarkResult result) {
    stretches =
        switch (result) {
          case GridResult r -> r.measurements().stream().map(Stretch::of).toList();
          case CompareResult r ->
              Stream.concat(r.measurementsA().stream(), r.measurementsB().stream())
                  .map(Stretch::of)
                  .toList();
          case BaselinesResult r -> r.measurements().stream().map(Stretch::of).toList();
        };
  }

  /** All that is known, in one line each. */
  List<String> lines() {
    List<String> lines = new ArrayList<>(warnings());
    List<Double> cores =
        stretches.stream().flatMap(stretch -> stretch.around().othersCores().stream()).toList();
    if (lines.isEmpty() && !cores.isEmpty()) {
      lines.add(
          "Others kept at most %s cores busy meanwhile."
              .formatted(number(cores.stream().mapToDouble(Double::doubleValue).max().orElse(0))));
    }
    bandwidth().ifPresent(lines::add);
    return lines;
  }

  /** What shouldn't be believed. */
  List<String> warnings() {
    List<Double> cores =
        stretches.stream().flatMap(stretch -> stretch.around().othersCores().stream()).toList();
    long busy = cores.stream().filter(c -> c > Surroundings.BUSY_CORES).count();
    return stretches.stream()
        .max(Comparator.comparingDouble(Stretch::busiest))
        .filter(stretch -> busy > 0)
        .map(
            stretch ->
                "Others kept more than %s cores busy in %d of %d repetitions, up to %s during %s: figures of a busy machine shouldn't be believed."
                    .formatted(
                        number(Surroundings.BUSY_CORES),
                        busy,
                        cores.size(),
                        number(stretch.busiest()),
                        stretch.what()))
        .stream()
        .toList();
  }

  private Optional<String> bandwidth() {
    Interval range =
        Statistics.range(
            stretches.stream()
                .flatMap(stretch -> stretch.around().bytesPerSecond().stream())
                .mapToDouble(bytes -> bytes / Units.GIGA)
                .toArray());
    return range.isKnown()
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "The memory was read at %.1f to %.1f GB/s just before the repetitions, median"
                    + " %.1f.",
                range.low(),
                range.high(),
                range.estimate()))
        : Optional.empty();
  }

  private static String number(double cores) {
    return String.format(Locale.ROOT, cores < 1 ? "%.2f" : "%.1f", cores).replaceAll("0$", "");
  }
}
