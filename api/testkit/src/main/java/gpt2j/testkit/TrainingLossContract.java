package gpt2j.testkit;

import static gpt2j.api.training.TrainingOperations.IGNORED_TARGET;

import gpt2j.api.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.training.TrainingOperations#crossEntropy}. */
abstract class TrainingLossContract extends TrainingPart {
  private static final double TOLERANCE = 1e-5;

  TrainingLossContract(TrainingContract subject) {
    super(subject);
  }

  /** Every fifth target is ignored. */
  private static int[] targets(int n, int vocabulary) {
    return IntStream.range(0, n)
        .map(row -> row % 5 == 3 ? IGNORED_TARGET : (row * 7 + vocabulary - 1) % vocabulary)
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 31, 32, 33, 64, 65, 257, 1000, 50_257})
  void everyVocabulary(int vocabulary) {
    for (int n : vocabulary > 10_000 ? new int[] {2} : new int[] {1, 5, 17}) {
      check("", Numbers.random(n, n * vocabulary, 2), targets(n, vocabulary), 1);
    }
  }

  @Test
  void everyScale() {
    for (float scale : new float[] {1f / 48, 3, 0, -0.5f}) {
      check("scale " + scale, Numbers.random(1, 48 * 65, 2), targets(48, 65), scale);
    }
  }

  @Test
  void allIgnored() {
    int[] targets = new int[6];
    Arrays.fill(targets, IGNORED_TARGET);
    check("all ignored", Numbers.random(1, 6 * 33, 2), targets, 1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {30, 1e4, 1e30})
  void largeLogitsDoNotOverflow(double size) {
    check("logits about " + size, Numbers.random(1, 9 * 257, size), targets(9, 257), 1);
  }

  @Test
  void equalLogits() {
    for (float logit : new float[] {0, -1e4f, 1e4f}) {
      check("all " + logit, Numbers.repeated(logit, 5 * 100), targets(5, 100), 1);
    }
  }

  /** A token with logit −∞ is impossible, and no gradient moves it. */
  @Test
  void impossibleTokens() {
    float[] logits = Numbers.random(2, 3 * 100, 1);
    for (int row = 0; row < 3; row++) {
      Arrays.fill(logits, row * 100, row * 100 + 40, Float.NEGATIVE_INFINITY);
    }
    check("impossible tokens", logits, new int[] {99, 40, IGNORED_TARGET}, 1);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 5", "7, 3", "6, 10"})
  void equalsDifferences(int n, int vocabulary) {
    float scale = 0.7f;
    float[] logits = Numbers.random(1, n * vocabulary, 1.5);
    int[] targets = targets(n, vocabulary);
    double[] losses = TrainingFormulas.crossEntropy(Doubles.of(logits), targets);
    double[] gradient =
        Differences.gradient(
            logits,
            Numbers.repeated(scale, n),
            values -> TrainingFormulas.crossEntropy(values, targets));
    compare(
        bench -> {
          Results results = run(bench, logits, targets, scale);
          bench.expect("losses", results.losses, losses, TOLERANCE);
          bench.expect("logits' gradient", results.gradient, gradient, TOLERANCE);
        });
  }

  private record Results(Tensor losses, Tensor gradient) {}

  private static Results run(Workbench bench, float[] values, int[] targets, float scale) {
    int n = targets.length;
    int vocabulary = values.length / n;
    Tensor losses = bench.floats(n);
    Tensor gradient = bench.floats(n, vocabulary);
    Tensor logits = bench.floats(values, n, vocabulary);
    Tensor factor = bench.floats(new float[] {scale}, 1);
    bench.training().crossEntropy(losses, gradient, logits, bench.ints(targets), factor);
    return new Results(losses, gradient);
  }

  /** Somewhere else and in place. */
  private void check(String label, float[] values, int[] targets, float scale) {
    int n = targets.length;
    compare(
        bench -> {
          Results results = run(bench, values, targets, scale);
          bench.show(label + " losses", results.losses, TOLERANCE);
          bench.show(label + " gradient", results.gradient, TOLERANCE);
          Tensor losses = bench.floats(n);
          Tensor logits = bench.floats(values, n, values.length / n);
          Tensor factor = bench.floats(new float[] {scale}, 1);
          bench.training().crossEntropy(losses, logits, logits, bench.ints(targets), factor);
          bench.show(label + " losses in place", losses, TOLERANCE);
          bench.show(label + " gradient in place", logits, TOLERANCE);
        });
  }

  @Test
  void isDeterministic() {
    repeat(
        bench -> {
          Results results = run(bench, Numbers.random(1, 17 * 500, 2), targets(17, 500), 0.1f);
          bench.show("losses", results.losses, 0);
          bench.show("gradient", results.gradient, 0);
        });
  }
}
