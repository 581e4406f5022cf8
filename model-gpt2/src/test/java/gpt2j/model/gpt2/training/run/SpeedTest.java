package gpt2j.model.gpt2.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.testkit.ReferenceBackendProvider;
import org.junit.jupiter.api.Test;

/** The arithmetic of training. */
class SpeedTest {
  @Test
  void operationsAreThoseOfEveryProduct() {
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(100)
            .contextLength(8)
            .embeddingWidth(4)
            .layers(3)
            .heads(2)
            .innerWidth(10)
            .build();
    int length = 5;
    double operations = 0;
    for (int token = 0; token < length; token++) {
      for (int layer = 0; layer < 3; layer++) {
        operations += 2 * 4 * 12 + 2 * 4 * 4 + 2 * 4 * 10 + 2 * 10 * 4; // qkv, c_proj, c_fc, c_proj
        operations += 2 * (token + 1) * 4 * 2; // scores, and sums of values
      }
      operations += 2 * 4 * 100; // logits
    }
    // The backward pass has two products for each of the forward pass.
    assertEquals(3 * operations / length, Speed.operationsPerToken(config, length), 1e-9);
  }

  @Test
  void thePeakIsMeasured() {
    try (Backend backend = new ReferenceBackendProvider().open(BackendOptions.defaults())) {
      assertTrue(Speed.peak(backend) > 1e6);
      assertEquals(0, backend.memory().total(), "memory is given back");
    }
  }

  @Test
  void theHighestPeakCounts() {
    Speed speed = new Speed(10, 100);
    assertEquals(0.5, speed.peakFraction(5));
    assertEquals(0.25, speed.with(200).peakFraction(5));
    assertEquals(0.5, speed.with(50).with(0).peakFraction(5));
  }
}
