package gpt2j.model.gpt2.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The learning rate of each update. */
class LearningRateTest {
  /** nanoGPT's get_lr of train.py, whose iterations are counted from 0. */
  private static double nanoGpt(
      int iteration, double highest, double lowest, int warmup, int decay) {
    if (iteration < warmup) {
      return highest * (iteration + 1) / (warmup + 1);
    }
    if (iteration > decay) {
      return lowest;
    }
    double ratio = (double) (iteration - warmup) / (decay - warmup);
    return lowest + 0.5 * (1.0 + Math.cos(Math.PI * ratio)) * (highest - lowest);
  }

  @ParameterizedTest
  @CsvSource({"6e-4, 6e-5, 100, 5000", "1e-3, 0, 0, 10", "0.01, 0.01, 3, 4", "1, 1e-9, 1, 300"})
  void isNanoGpts(double highest, double lowest, int warmup, int decay) {
    LearningRate rate = new LearningRate(highest, lowest, warmup, decay);
    for (int update = 1; update < decay + 20; update++) {
      assertEquals(
          nanoGpt(update - 1, highest, lowest, warmup, decay), rate.of(update), highest * 1e-12);
    }
  }

  @Test
  void whatMakesNoScheduleIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new LearningRate(0, 0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new LearningRate(Double.NaN, 0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new LearningRate(1, 2, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new LearningRate(1, -1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new LearningRate(1, 1, 5, 5));
    assertThrows(IllegalArgumentException.class, () -> new LearningRate(1, 1, -1, 5));
  }
}
