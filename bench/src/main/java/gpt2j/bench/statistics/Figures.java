package gpt2j.bench.statistics;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.MemoryFigures;
import gpt2j.bench.result.setup.Surroundings;
import java.util.function.ToDoubleFunction;

/**
 * The figures of a measurement. Rates count the tokens of all sequences of the batch. An array has
 * one figure per repetition, in the order measured.
 */
public final class Figures {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Measurement measurement;
  private final BenchmarkCase of;

  /** The figures of a measurement. */
  public Figures(Measurement measurement) {
    this.measurement = measurement;
    of = measurement.benchmarkCase();
  }

  /** What was measured. */
  public BenchmarkCase of() {
    return of;
  }

  /** The memory of the case. */
  public MemoryFigures memory() {
    return measurement.memory();
  }

  /** What the machine was like meanwhile. */
  public Surroundings surroundings() {
    return measurement.surroundings();
  }

  /** Time to first token of each repetition, nanoseconds. */
  public double[] firstTokenNanos() {
    return each(GenerationSample::firstTokenNanos);
  }

  /** Time of the prefill alone of each repetition, nanoseconds. */
  public double[] prefillNanos() {
    return each(GenerationSample::prefillNanos);
  }

  /**
   * Time per output token: every interval between two tokens of all repetitions, nanoseconds. The
   * tokens of a batch come together, so that this is the time of a step, not divided by the batch.
   */
  public double[] stepNanos() {
    return measurement.samples().stream()
        .flatMap(sample -> sample.stepNanos().stream())
        .mapToDouble(Long::doubleValue)
        .toArray();
  }

  /** The median interval between two tokens of each repetition, nanoseconds. */
  public double[] medianStepNanos() {
    return each(sample -> Statistics.median(Statistics.values(sample.stepNanos())));
  }

  /**
   * A percentile of all intervals between tokens, nanoseconds.
   *
   * @param percent as {@link Statistics#percentile} takes it
   */
  public double stepNanos(double percent) {
    return Statistics.percentile(stepNanos(), percent);
  }

  /** Prompt tokens per second of prefill. */
  public double[] prefillRates() {
    double tokens = (double) of.batch() * of.promptTokens();
    return each(sample -> rate(tokens, sample.prefillNanos()));
  }

  /** Tokens after the first per second, from the first token to the last; NaN without any. */
  public double[] decodeRates() {
    double tokens = (double) of.batch() * (of.newTokens() - 1);
    return each(sample -> tokens == 0 ? Double.NaN : rate(tokens, sample.decodeNanos()));
  }

  /** New tokens per second from the request to the last token, prefill included. */
  public double[] endToEndRates() {
    double tokens = (double) of.batch() * of.newTokens();
    return each(sample -> rate(tokens, sample.totalNanos()));
  }

  /** From the request to the last token of each repetition, nanoseconds. */
  public double[] totalNanos() {
    return each(GenerationSample::totalNanos);
  }

  /**
   * How many times as fast {@code other} is, by the time from the request to the last token:
   * uncached against cached gives the cache's speedup.
   */
  public Interval speedup(Figures other) {
    return Statistics.bootstrapRatio(totalNanos(), other.totalNanos());
  }

  private static double rate(double tokens, long nanos) {
    return tokens * NANOS_PER_SECOND / nanos;
  }

  private double[] each(ToDoubleFunction<GenerationSample> figure) {
    return measurement.samples().stream().mapToDouble(figure).toArray();
  }
}
