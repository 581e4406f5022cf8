package gpt2j.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StatisticsTest {
  private static final double[] NUMBERS = {15, 20, 35, 40, 50};

  /** Values of numpy.percentile([15, 20, 35, 40, 50], p). */
  @ParameterizedTest
  @CsvSource({"0, 15", "5, 16", "30, 23", "40, 29", "50, 35", "95, 48", "99, 49.6", "100, 50"})
  void percentilesAreNumPys(double percent, double expected) {
    assertEquals(expected, Statistics.percentile(NUMBERS, percent), 1e-12);
  }

  @Test
  void percentilesDoNotDependOnTheOrderAndLeaveItAlone() {
    double[] shuffled = {40, 15, 50, 35, 20};
    double[] before = shuffled.clone();
    assertEquals(29, Statistics.percentile(shuffled, 40), 1e-12);
    assertTrue(Arrays.equals(before, shuffled));
  }

  @Test
  void percentilesRiseAndStayWithinTheSamples() {
    Random random = new Random(3);
    for (int count = 1; count < 200; count++) {
      double[] samples = random.doubles(count, -5, 5).toArray();
      double last = Arrays.stream(samples).min().orElseThrow();
      for (int percent = 0; percent <= 100; percent++) {
        double now = Statistics.percentile(samples, percent);
        assertTrue(now >= last);
        last = now;
      }
      assertEquals(Arrays.stream(samples).max().orElseThrow(), last);
    }
  }

  @Test
  void aPercentileIsFrom0To100() {
    for (double percent : new double[] {-1, 100.5, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> Statistics.percentile(NUMBERS, percent));
    }
  }

  @Test
  void withoutSamplesThereIsNothing() {
    assertTrue(Double.isNaN(Statistics.median()));
    assertTrue(Double.isNaN(Statistics.mean()));
    assertTrue(Double.isNaN(Statistics.range().estimate()));
    assertTrue(Double.isNaN(Statistics.bootstrapMedian().estimate()));
  }

  @Test
  void aRangeIsFromTheSmallestToTheLargest() {
    assertEquals(new Interval(2, 4.5, 9), Statistics.range(9, 4, 4, 4, 5, 5, 7, 2));
  }

  @Test
  void theBootstrapCoversTheMedianAboutAsOftenAsItSays() {
    Random random = new Random(11);
    int covered = 0;
    int trials = 400;
    for (int i = 0; i < trials; i++) {
      double[] samples = random.doubles(25).map(x -> 7 + x).toArray(); // median 7.5
      Interval interval = Statistics.bootstrapMedian(samples);
      assertTrue(interval.low() <= interval.estimate() && interval.estimate() <= interval.high());
      covered += interval.low() <= 7.5 && 7.5 <= interval.high() ? 1 : 0;
    }
    double share = (double) covered / trials;
    assertTrue(share > 0.89 && share < 0.99, "covered: " + share);
  }

  @Test
  void theBootstrapOfTheSameSamplesIsTheSame() {
    assertEquals(Statistics.bootstrapMedian(NUMBERS), Statistics.bootstrapMedian(NUMBERS));
  }

  @Test
  void ratiosOfPairsDropWhatDisturbsBoth() {
    Random random = new Random(5);
    double[] a = random.doubles(20, 1, 10).toArray();
    double[] b = Arrays.stream(a).map(x -> x / 2).toArray();
    Interval paired = Statistics.bootstrapPairedRatio(a, b);
    assertEquals(new Interval(2, 2, 2), paired);
    Interval apart = Statistics.bootstrapRatio(a, b);
    assertEquals(2, apart.estimate(), 1e-12);
    assertTrue(apart.low() < 1.9 && apart.high() > 2.1);
    assertThrows(
        IllegalArgumentException.class, () -> Statistics.bootstrapPairedRatio(a, new double[] {1}));
  }

  @Test
  void oneSampleHasNoSpread() {
    Interval unknown = new Interval(Double.NaN, 4, Double.NaN);
    assertEquals(unknown, Statistics.bootstrapMedian(4));
    assertEquals(unknown, Statistics.bootstrapRatio(new double[] {8}, new double[] {2, 2}));
    assertEquals(unknown, Statistics.range(4));
    assertFalse(unknown.isKnown());
  }
}
