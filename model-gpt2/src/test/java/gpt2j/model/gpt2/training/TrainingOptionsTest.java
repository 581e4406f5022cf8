package gpt2j.model.gpt2.training;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TrainingOptionsTest {
  @ParameterizedTest
  @CsvSource({"0, 4", "4, 0", "-1, 4", "65536, 65536"})
  void refusesSizes(int batchSize, int sequenceLength) {
    assertThrows(
        IllegalArgumentException.class, () -> TrainingOptions.of(batchSize, sequenceLength));
  }

  @ParameterizedTest
  @ValueSource(floats = {-0.1f, 1, 2, Float.NaN})
  void refusesDropout(float dropout) {
    TrainingOptions options = TrainingOptions.of(1, 1);
    assertThrows(IllegalArgumentException.class, () -> options.withDropout(dropout));
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1, Float.NaN})
  void refusesNorms(float norm) {
    TrainingOptions options = TrainingOptions.of(1, 1);
    assertThrows(IllegalArgumentException.class, () -> options.withMaximumNorm(norm));
  }

  @Test
  void neverClippingIsAllowed() {
    TrainingOptions.of(1, 1).withMaximumNorm(Float.POSITIVE_INFINITY);
  }
}
