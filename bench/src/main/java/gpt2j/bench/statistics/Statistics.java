package gpt2j.bench.statistics;

import java.util.Arrays;
import java.util.Collection;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Statistics of samples. Without samples every one of them is NaN. */
public final class Statistics {
  private static final int RESAMPLES = 2000;
  private static final double TAIL = 2.5; // percent on either side of the interval
  private static final long SEED = 1;

  private Statistics() {}

  /** Any numbers as an array. */
  public static double[] values(Collection<? extends Number> numbers) {
    return numbers.stream().mapToDouble(Number::doubleValue).toArray();
  }

  /**
   * A percentile by linear interpolation between closest ranks: for n samples in ascending order x₀
   * … xₙ₋₁, the value at rank (n − 1)·p/100, in between two samples the weighted mean of both. That
   * is definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), the
   * default of NumPy, R and spreadsheets. It never leaves the range of the samples: with fewer than
   * 100 of them p99 lies between the two largest.
   *
   * @param percent from 0, the smallest sample, to 100, the largest
   */
  public static double percentile(double[] samples, double percent) {
    if (!(percent >= 0 && percent <= 100)) {
      throw new IllegalArgumentException("a percentile is from 0 to 100, not " + percent);
    }
    double[] sorted = samples.clone();
    Arrays.sort(sorted);
    return ofSorted(sorted, percent);
  }

  private static double ofSorted(double[] sorted, double percent) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    double rank = (sorted.length - 1) * percent / 100;
    int below = (int) rank;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  }

  /** The 50th percentile: of an even number of samples the mean of the two in the middle. */
  public static double median(double... samples) {
    return percentile(samples, 50);
  }

  /** The arithmetic mean. */
  public static double mean(double... samples) {
    return Arrays.stream(samples).average().orElse(Double.NaN);
  }

  /** The median between the smallest and the largest; the ends aren't known of a single sample. */
  public static Interval range(double... samples) {
    double median = median(samples);
    return samples.length < 2
        ? new Interval(Double.NaN, median, Double.NaN)
        : new Interval(percentile(samples, 0), median, percentile(samples, 100));
  }

  /**
   * The median and its 95 % confidence interval by the bootstrap percentile method (Efron 1979):
   * the 2.5th and 97.5th percentile of the medians of 2000 resamples with replacement. The same
   * samples give the same interval. Samples should be independent: medians of repetitions rather
   * than the steps within one.
   */
  public static Interval bootstrapMedian(double... samples) {
    return bootstrap(median(samples), samples.length, random -> median(resample(samples, random)));
  }

  /**
   * The ratio of two medians, a over b, and its confidence interval as {@link #bootstrapMedian}
   * makes it, both sides resampled independently of each other.
   */
  public static Interval bootstrapRatio(double[] a, double[] b) {
    return bootstrap(
        median(a) / median(b),
        Math.min(a.length, b.length),
        random -> median(resample(a, random)) / median(resample(b, random)));
  }

  /**
   * The median of the ratios aᵢ/bᵢ and its confidence interval, for samples that were taken in
   * turn: what disturbs the machine for a while disturbs both sides of a pair, and drops out.
   */
  public static Interval bootstrapPairedRatio(double[] a, double[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          "%d and %d samples are no pairs".formatted(a.length, b.length));
    }
    double[] ratios = new double[a.length];
    Arrays.setAll(ratios, i -> a[i] / b[i]);
    return bootstrapMedian(ratios);
  }

  private static Interval bootstrap(
      double estimate, int samples, ToDoubleFunction<RandomGenerator> statistic) {
    if (samples < 2) {
      return new Interval(Double.NaN, estimate, Double.NaN);
    }
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    double[] resampled = new double[RESAMPLES];
    Arrays.setAll(resampled, i -> statistic.applyAsDouble(random));
    Arrays.sort(resampled);
    return new Interval(ofSorted(resampled, TAIL), estimate, ofSorted(resampled, 100 - TAIL));
  }

  private static double[] resample(double[] samples, RandomGenerator random) {
    double[] drawn = new double[samples.length];
    Arrays.setAll(drawn, i -> samples[random.nextInt(samples.length)]);
    return drawn;
  }
}
