package gpt2j.bench.grid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.grid.Demands.Demand;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2Size;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class DemandsTest {
  private static final Gpt2Config CONFIG = Gpt2Size.GPT2.config();

  private static Demand step(WeightFormat precision, int batch, int rows, int length) {
    return Demands.of(CONFIG, precision, batch, rows, length).get(RooflinePoint.STEP);
  }

  @Test
  void aStepReadsAllParametersButThePositions() {
    // Position embeddings are the only weights that a step of one row leaves alone but for a row.
    long weights = 4 * (CONFIG.parameters() - 1024L * 768);
    Demand step = step(WeightFormat.F32, 1, 1, 1);
    assertTrue(step.bytes() >= weights);
    assertTrue(step.bytes() < 1.01 * weights, step + " against " + weights);
  }

  @Test
  void aStepTakesTwoOperationsForEachWeightOfAMatrix() {
    long matrices = 12L * 12 * 768 * 768 + 50257L * 768;
    Demand step = step(WeightFormat.F32, 1, 1, 1);
    assertTrue(step.operations() >= 2 * matrices);
    assertTrue(step.operations() < 1.01 * 2 * matrices);
  }

  @Test
  void halfTheBytesOfAWeightHalveThoseOfAMatrix() {
    Map<String, Demand> f32 = Demands.of(CONFIG, WeightFormat.F32, 1, 1, 1);
    Map<String, Demand> bf16 = Demands.of(CONFIG, WeightFormat.BF16, 1, 1, 1);
    long matrix = 12L * 768 * 4 * 768;
    assertEquals(2 * matrix, f32.get("mlp_fc").bytes() - bf16.get("mlp_fc").bytes());
    assertEquals(f32.get("attention"), bf16.get("attention"));
  }

  @Test
  void attentionGrowsWithTheText() {
    long short1 = Demands.of(CONFIG, WeightFormat.F32, 1, 1, 100).get("attention").bytes();
    long long1 = Demands.of(CONFIG, WeightFormat.F32, 1, 1, 1100).get("attention").bytes();
    assertEquals(12L * 2 * 1000 * 768 * 4, long1 - short1);
    // All at once takes as many operations as one after the other.
    long atOnce = Demands.of(CONFIG, WeightFormat.F32, 1, 10, 10).get("attention").operations();
    long oneByOne = 0;
    for (int length = 1; length <= 10; length++) {
      oneByOne += Demands.of(CONFIG, WeightFormat.F32, 1, 1, length).get("attention").operations();
    }
    assertEquals(oneByOne, atOnce);
  }

  @Test
  void theStepIsTheSumOfItsSections() {
    Map<String, Demand> demands = Demands.of(CONFIG, WeightFormat.BF16, 3, 5, 9);
    Demand sum =
        demands.entrySet().stream()
            .filter(entry -> !entry.getKey().equals(RooflinePoint.STEP))
            .map(Map.Entry::getValue)
            .reduce(new Demand(0, 0), Demand::plus);
    assertEquals(sum, demands.get(RooflinePoint.STEP));
  }
}
