package gpt2j.bench.measure;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Random tokens to go on from. */
public final class Prompts {
  private Prompts() {}

  /**
   * As many prompts as a batch has sequences, all different.
   *
   * @return {@code [batch][length]}; the same arguments give the same tokens
   */
  public static int[][] random(int batch, int length, int vocabulary, long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    int[][] prompts = new int[batch][];
    for (int i = 0; i < batch; i++) {
      prompts[i] = random.ints(length, 0, vocabulary).toArray();
    }
    return prompts;
  }
}
