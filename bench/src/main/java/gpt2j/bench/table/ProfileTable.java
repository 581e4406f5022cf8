package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.Component;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfileResult;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One row per component, with its share of the whole: for prefill, for decoding all in all, and for
 * decoding near the beginning, the middle and the end of the text.
 */
final class ProfileTable {
  private static final double PERCENT = 100;

  /** Steps whose share stands in one column. */
  private record Column(String name, List<ProfiledStep> steps) {}

  private ProfileTable() {}

  static Table of(ProfileResult result) {
    Table table =
        new Table(
            "model",
            "backend",
            "precision",
            "threads",
            "test",
            "phase",
            "tokens",
            "component",
            "median ms",
            "share %");
    for (ProfileMeasurement measurement : result.measurements()) {
      for (Phase phase : Phase.values()) {
        for (Column column : columns(measurement, phase)) {
          add(table, measurement.benchmarkCase(), phase, column);
        }
      }
    }
    return table;
  }

  private static List<Column> columns(ProfileMeasurement measurement, Phase phase) {
    List<ProfiledStep> steps =
        measurement.steps().stream().filter(step -> step.phase() == phase).toList();
    if (steps.isEmpty()) {
      return List.of();
    }
    int first = steps.stream().mapToInt(ProfiledStep::length).min().orElseThrow();
    int last = steps.stream().mapToInt(ProfiledStep::length).max().orElseThrow();
    String range = first == last ? Integer.toString(first) : first + "–" + last;
    List<Column> columns = new ArrayList<>();
    columns.add(new Column(range, steps));
    if (first != last) {
      Stream.of(first, (first + last) / 2, last)
          .distinct()
          .forEach(
              length ->
                  columns.add(
                      new Column(
                          Integer.toString(length),
                          steps.stream().filter(step -> step.length() == length).toList())));
    }
    return columns;
  }

  private static void add(Table table, BenchmarkCase of, Phase phase, Column column) {
    double total = column.steps().stream().mapToDouble(ProfiledStep::totalNanos).sum();
    for (Component component : Component.values()) {
      double[] nanos =
          column.steps().stream()
              .mapToDouble(step -> step.components().getOrDefault(component, 0L))
              .toArray();
      double sum = Statistics.mean(nanos) * nanos.length;
      row(table, of, phase, column, component.label(), nanos, sum / total);
    }
    double[] totals = column.steps().stream().mapToDouble(ProfiledStep::totalNanos).toArray();
    row(table, of, phase, column, "total", totals, 1);
  }

  private static void row(
      Table table,
      BenchmarkCase of,
      Phase phase,
      Column column,
      String component,
      double[] nanos,
      double share) {
    table.add(
        Cell.of(of.model()),
        Cell.of(of.backend()),
        Units.precision(of.precision()),
        Cell.of((long) of.threads()),
        Cell.of(of.test()),
        Cell.of(Units.lowerCase(phase)),
        Cell.of(column.name()),
        Cell.of(component),
        Cell.of(Statistics.median(nanos) / Units.MILLI, 3),
        Cell.of(PERCENT * share, 1));
  }
}
