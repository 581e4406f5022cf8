package gpt2j.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplingParametersTest {
  @ParameterizedTest
  @CsvSource({
    "temperature, -0.1, 0, 1, 0, 1",
    "temperature, NaN, 0, 1, 0, 1",
    "temperature, Infinity, 0, 1, 0, 1",
    "top-k, 1, -1, 1, 0, 1",
    "top-p, 1, 0, 0, 0, 1",
    "top-p, 1, 0, -0.5, 0, 1",
    "top-p, 1, 0, 1.001, 0, 1",
    "top-p, 1, 0, NaN, 0, 1",
    "min-p, 1, 0, 1, -0.1, 1",
    "min-p, 1, 0, 1, 1, 1",
    "min-p, 1, 0, 1, NaN, 1",
    "repetition penalty, 1, 0, 1, 0, 0",
    "repetition penalty, 1, 0, 1, 0, -1",
    "repetition penalty, 1, 0, 1, 0, Infinity",
    "repetition penalty, 1, 0, 1, 0, NaN"
  })
  void refusesWhatMakesNoSense(
      String name, float temperature, int topK, float topP, float minP, float penalty) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> new SamplingParameters(temperature, topK, topP, minP, penalty, 0));
    assertTrue(refusal.getMessage().startsWith(name + " must be "), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 1, 0, 1", "1e-30, 1, 1e-10, 0.999, 0.001", "1e30, 2147483647, 1, 0, 1000"})
  void acceptsTheEdges(float temperature, int topK, float topP, float minP, float penalty) {
    SamplingParameters parameters =
        new SamplingParameters(temperature, topK, topP, minP, penalty, -1);
    assertEquals(temperature, parameters.temperature());
  }

  @Test
  void oneIsChangedAtATime() {
    SamplingParameters changed =
        SamplingParameters.greedy()
            .withTemperature(2)
            .withTopK(3)
            .withTopP(0.4f)
            .withMinP(0.5f)
            .withRepetitionPenalty(6)
            .withSeed(7);
    assertEquals(new SamplingParameters(2, 3, 0.4f, 0.5f, 6, 7), changed);
    assertThrows(IllegalArgumentException.class, () -> changed.withTopP(2));
  }

  @Test
  void namedSettings() {
    assertEquals(new SamplingParameters(0, 0, 1, 0, 1, 0), SamplingParameters.greedy());
    assertEquals(new SamplingParameters(1, 0, 1, 0, 1, 5), SamplingParameters.random(5));
  }
}
