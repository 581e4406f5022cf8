package gpt2j.testkit;

import gpt2j.api.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.Operations#crossEntropy}. */
abstract class CrossEntropyContract extends Contract {
  private static final double TOLERANCE = 1e-5;

  CrossEntropyContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 16, 17, 48, 63, 64, 65, 100, 257, 1000, 50_257})
  void everyVocabulary(int vocabulary) {
    for (int m : vocabulary > 10_000 ? new int[] {1, 3} : ROWS) {
      check(m + " rows", Numbers.random(m, m * vocabulary, 2), vocabulary, 1e-5);
    }
  }

  @Test
  void manyRows() {
    check("1000 rows", Numbers.random(4, 1000 * 257, 2), 257, TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(doubles = {30, 1e3, 1e4, 1e30})
  void largeLogitsDoNotOverflow(double size) {
    check("logits about " + size, Numbers.random(1, 9 * 257, size), 257, TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 100, -100, 1e4f, -1e4f})
  void equalLogits(float logit) {
    check("all " + logit, Numbers.repeated(logit, 5 * 1000), 1000, TOLERANCE);
  }

  /** The loss of a token that is nearly certain is small; 1 − p would lose it. */
  @Test
  void smallLosses() {
    float[] logits = new float[4 * 65];
    for (int row = 0; row < 4; row++) {
      logits[row * 65 + (row * 7 + 64) % 65] = 3 + 2 * row; // the target of the row, see below
    }
    check("small losses", logits, 65, 2e-6);
  }

  /** A token with logit −∞ is impossible; the others don't mind it. */
  @Test
  void impossibleTokens() {
    float[] logits = Numbers.random(2, 3 * 100, 1);
    for (int row = 0; row < 3; row++) {
      Arrays.fill(logits, row * 100, row * 100 + 40, Float.NEGATIVE_INFINITY);
    }
    check("impossible tokens", logits, 100, TOLERANCE);
  }

  @Test
  void targetsThatDoNotExist() {
    compare(
        bench -> {
          int[] targets = {0, -1, 99, 100, 5, Integer.MAX_VALUE, 7, Integer.MIN_VALUE, 3};
          Tensor losses = bench.floats(targets.length);
          Tensor logits = bench.floats(Numbers.random(3, targets.length * 100, 1), 9, 100);
          bench.operations().crossEntropy(losses, logits, bench.ints(targets));
          for (int row = 0; row < targets.length; row += 2) {
            bench.show("row " + row, losses.rows(row, 1), TOLERANCE);
          }
        });
  }

  private void check(String label, float[] values, int vocabulary, double tolerance) {
    compare(
        bench -> {
          int m = values.length / vocabulary;
          int[] targets = new int[m];
          Arrays.setAll(targets, row -> (row * 7 + vocabulary - 1) % vocabulary);
          Tensor losses = bench.floats(m);
          Tensor logits = bench.floats(values, m, vocabulary);
          bench.operations().crossEntropy(losses, logits, bench.ints(targets));
          bench.show(label, losses, tolerance);
        });
  }
}
