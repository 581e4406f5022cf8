package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfileResult;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.statistics.MeanStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
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
            "mean ms",
            "share %");
    for (ProfileMeasurement measurement : result.measurements()) {
      for (Phase phase : Phase.values()) {
        for (Column column : columns(measurement, phase)) {
          add(table, measurement.benchmarkCase(), phase, column);
        }
      }
    }
    explain(table, result);
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
    Map<String, Double> means = MeanStep.of(column.steps());
    double total = MeanStep.total(means);
    means.forEach(
        (component, nanos) -> row(table, of, phase, column, component, nanos, nanos / total));
    row(table, of, phase, column, "total", total, 1);
  }

  private static void row(
      Table table,
      BenchmarkCase of,
      Phase phase,
      Column column,
      String component,
      double nanos,
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
        Units.millis(nanos),
        Cell.percent(PERCENT * share));
  }

  /** What the components are made of, which depends on what each backend can time. */
  private static void explain(Table table, ProfileResult result) {
    Map<Boolean, Set<String>> backends =
        result.measurements().stream()
            .filter(measurement -> !measurement.steps().isEmpty())
            .collect(
                Collectors.partitioningBy(
                    ProfileTable::hasParts,
                    Collectors.mapping(
                        measurement -> measurement.benchmarkCase().backend(),
                        Collectors.toCollection(TreeSet::new))));
    Set<String> split = backends.get(true);
    Set<String> whole = backends.get(false);
    if (!split.isEmpty()) {
      table.note(
          "%s: each thread times its parts of attention (scores q·K, softmax, mix with V) and of mlp_fc (gelu). attention and mlp_fc are what is left without them: of attention the handing out of work and waiting for the last thread, of mlp_fc the product."
              .formatted(String.join(", ", split)));
    }
    if (!whole.isEmpty()) {
      table.note(
          "%s: scores, softmax and their mix with V are one operation, attention, and GELU is the end of mlp_fc's product; the backend doesn't time them apart. How long the product takes without GELU, bench/jmh/run Linear measures."
              .formatted(String.join(", ", whole)));
    }
  }

  private static boolean hasParts(ProfileMeasurement measurement) {
    return measurement.steps().stream()
        .flatMap(step -> step.sectionNanos().keySet().stream())
        .anyMatch(component -> !ProfiledStep.section(component).equals(component));
  }
}
