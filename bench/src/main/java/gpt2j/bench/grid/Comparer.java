package gpt2j.bench.grid;

import gpt2j.bench.context.BenchException;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.Comparison;
import gpt2j.bench.result.Comparison.Ratio;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Interval;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds the cases that belong together, and the ratios of their figures. */
public final class Comparer {
  private static final double MILLI = 1e6;

  /** What may set two files apart. */
  private static final List<Function<BenchmarkCase, Object>> FIELDS =
      List.of(
          BenchmarkCase::model,
          BenchmarkCase::backend,
          BenchmarkCase::precision,
          BenchmarkCase::threads,
          BenchmarkCase::useCache);

  private Comparer() {}

  /** Sides that were measured in turn: the i-th samples of both make a pair. */
  public static List<Comparison> interleaved(
      List<Measurement> a, List<Measurement> b, Variation variation) {
    List<Comparison> comparisons = new ArrayList<>();
    for (Measurement ofA : a) {
      BenchmarkCase caseA = ofA.benchmarkCase();
      b.stream()
          .filter(ofB -> variation.undo(ofB.benchmarkCase(), caseA).equals(caseA))
          .findFirst()
          .ifPresent(ofB -> comparisons.add(compare(ofA, ofB, true)));
    }
    return comparisons;
  }

  /**
   * Sides from two results. Cases belong together that agree in everything but what sets the
   * results apart: what has one value throughout the one and another throughout the other.
   *
   * @throws BenchException when no two cases belong together
   */
  public static List<Comparison> apart(List<Measurement> a, List<Measurement> b) {
    List<Function<BenchmarkCase, Object>> common =
        FIELDS.stream().filter(field -> !setsApart(field, a, b)).toList();
    List<Comparison> comparisons = new ArrayList<>();
    for (Measurement ofA : a) {
      for (Measurement ofB : b) {
        if (key(ofA, common).equals(key(ofB, common))) {
          comparisons.add(compare(ofA, ofB, false));
        }
      }
    }
    if (comparisons.isEmpty()) {
      throw BenchException.failure(
          "the two results have no cases in common: measure the same lengths and batches");
    }
    return comparisons;
  }

  private static boolean setsApart(
      Function<BenchmarkCase, Object> field, List<Measurement> a, List<Measurement> b) {
    Set<Object> valuesA = values(field, a);
    Set<Object> valuesB = values(field, b);
    return valuesA.size() == 1 && valuesB.size() == 1 && !valuesA.equals(valuesB);
  }

  private static Set<Object> values(
      Function<BenchmarkCase, Object> field, List<Measurement> measurements) {
    return measurements.stream()
        .map(measurement -> field.apply(measurement.benchmarkCase()))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static List<Object> key(
      Measurement measurement, List<Function<BenchmarkCase, Object>> fields) {
    BenchmarkCase of = measurement.benchmarkCase();
    List<Object> key = new ArrayList<>(List.of(of.batch(), of.promptTokens(), of.newTokens()));
    fields.forEach(field -> key.add(field.apply(of)));
    return key;
  }

  /**
   * The measurements of a result that has such.
   *
   * @throws BenchException when it is of another kind
   */
  public static List<Measurement> measurements(String name, BenchmarkResult result) {
    return switch (result) {
      case GridResult r when r.command().measurement() == Measurement.class ->
          r.measurements(Measurement.class);
      case CompareResult r -> r.measurementsB();
      default ->
          throw BenchException.failure(
              "%s: is a result of bench %s; compare takes those of throughput, trace and experiment"
                  .formatted(name, result.command().label()));
    };
  }

  private static Comparison compare(Measurement a, Measurement b, boolean interleaved) {
    Figures ofA = new Figures(a);
    Figures ofB = new Figures(b);
    List<Ratio> ratios = new ArrayList<>();
    ratios.add(times("TTFT", ofA.firstTokenNanos(), ofB.firstTokenNanos(), interleaved));
    if (a.benchmarkCase().newTokens() > 1) {
      ratios.add(times("TPOT", ofA.medianStepNanos(), ofB.medianStepNanos(), interleaved));
    }
    ratios.add(rates("prefill", ofA.prefillRates(), ofB.prefillRates(), interleaved));
    if (a.benchmarkCase().newTokens() > 1) {
      ratios.add(rates("decode", ofA.decodeRates(), ofB.decodeRates(), interleaved));
    }
    ratios.add(rates("end to end", ofA.endToEndRates(), ofB.endToEndRates(), interleaved));
    return new Comparison(a.benchmarkCase(), b.benchmarkCase(), ratios);
  }

  /** Times: b is as many times as fast as its time goes into a's. */
  private static Ratio times(String metric, double[] a, double[] b, boolean interleaved) {
    return ratio(metric, "ms", a, b, MILLI, ratio(a, b, interleaved));
  }

  /** Rates: the other way round. */
  private static Ratio rates(String metric, double[] a, double[] b, boolean interleaved) {
    return ratio(metric, "tokens/s", a, b, 1, ratio(b, a, interleaved));
  }

  private static Ratio ratio(
      String metric, String unit, double[] a, double[] b, double scale, Interval ratio) {
    return new Ratio(
        metric,
        unit,
        Statistics.median(a) / scale,
        Statistics.median(b) / scale,
        ratio.estimate(),
        ratio.low(),
        ratio.high());
  }

  private static Interval ratio(double[] above, double[] below, boolean interleaved) {
    int pairs = Math.min(above.length, below.length);
    return interleaved
        ? Statistics.bootstrapPairedRatio(Arrays.copyOf(above, pairs), Arrays.copyOf(below, pairs))
        : Statistics.bootstrapRatio(above, below);
  }
}
