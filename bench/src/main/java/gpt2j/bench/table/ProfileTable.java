package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfileMeasurement;
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

  /** Steps whose share stands in some rows. */
  private record Steps(String name, List<ProfiledStep> steps) {}

  private record Row(
      BenchmarkCase of, Phase phase, String tokens, String component, double nanos, double share) {}

  private ProfileTable() {}

  static Table of(GridResult result) {
    List<Row> rows = new ArrayList<>();
    for (ProfileMeasurement measurement : result.measurements(ProfileMeasurement.class)) {
      for (Phase phase : Phase.values()) {
        for (Steps steps : steps(measurement, phase)) {
          add(rows, measurement.benchmarkCase(), phase, steps);
        }
      }
    }
    Table table =
        new Columns<Row>()
            .word("model", row -> row.of().model())
            .device(Row::of)
            .number("threads", row -> row.of().threads())
            .word("test", row -> row.of().test())
            .word("phase", row -> Units.lowerCase(row.phase()))
            .word("tokens", Row::tokens)
            .word("component", Row::component)
            .add("mean ms", row -> Units.millis(row.nanos()))
            .add("share %", row -> Cell.percent(PERCENT * row.share()))
            .table(rows);
    explain(table, result);
    return table;
  }

  private static List<Steps> steps(ProfileMeasurement measurement, Phase phase) {
    List<ProfiledStep> steps =
        measurement.steps().stream().filter(step -> step.phase() == phase).toList();
    if (steps.isEmpty()) {
      return List.of();
    }
    int first = steps.stream().mapToInt(ProfiledStep::length).min().orElseThrow();
    int last = steps.stream().mapToInt(ProfiledStep::length).max().orElseThrow();
    String range = first == last ? Integer.toString(first) : first + "–" + last;
    List<Steps> columns = new ArrayList<>();
    columns.add(new Steps(range, steps));
    if (first != last) {
      Stream.of(first, (first + last) / 2, last)
          .distinct()
          .forEach(
              length ->
                  columns.add(
                      new Steps(
                          Integer.toString(length),
                          steps.stream().filter(step -> step.length() == length).toList())));
    }
    return columns;
  }

  private static void add(List<Row> rows, BenchmarkCase of, Phase phase, Steps steps) {
    Map<String, Double> means = MeanStep.of(steps.steps());
    double total = MeanStep.total(means);
    means.forEach(
        (component, nanos) ->
            rows.add(new Row(of, phase, steps.name(), component, nanos, nanos / total)));
    rows.add(new Row(of, phase, steps.name(), "total", total, 1));
  }

  /** What the components are made of, which depends on what each backend can time. */
  private static void explain(Table table, GridResult result) {
    Map<Boolean, Set<String>> backends =
        result.measurements(ProfileMeasurement.class).stream()
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
