package gpt2j.testkit;

import gpt2j.api.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@link gpt2j.api.training.TrainingOperations#linear}, {@link
 * gpt2j.api.training.TrainingOperations#logits} and their backward passes.
 */
abstract class TrainingProductContract extends TrainingPart {
  TrainingProductContract(TrainingContract subject) {
    super(subject);
  }

  private record Case(int n, int inputs, int outputs, boolean bias) {
    float[] x() {
      return Numbers.random(1, n * inputs, 1);
    }

    /** As large as makes results about 1. */
    float[] weight() {
      return Numbers.random(2, inputs * outputs, 1 / Math.sqrt(inputs));
    }

    float[] biases() {
      return bias ? Numbers.random(3, outputs, 1) : new float[outputs];
    }

    float[] outGradient() {
      return Numbers.random(4, n * outputs, 1);
    }

    float[] weightNoise() {
      return Numbers.random(5, inputs * outputs, 1);
    }

    float[] biasNoise() {
      return Numbers.random(6, outputs, 1);
    }

    Results linear(Workbench bench) {
      Tensor out = bench.floats(n, outputs);
      Tensor x = bench.floats(x(), n, inputs);
      Tensor weight = bench.floats(weight(), inputs, outputs);
      bench.training().linear(out, x, weight, bias ? bench.floats(biases(), outputs) : null);
      Tensor xGradient = bench.floats(n, inputs);
      Tensor weightGradient = bench.floats(weightNoise(), inputs, outputs);
      Tensor biasGradient = bench.floats(biasNoise(), outputs);
      bench
          .training()
          .linearBackward(
              xGradient,
              weightGradient,
              bias ? biasGradient : null,
              bench.floats(outGradient(), n, outputs),
              x,
              weight);
      return new Results(out, xGradient, weightGradient, biasGradient);
    }

    /** The same with the matrix transposed, {@code [outputs, inputs]}. */
    Results logits(Workbench bench) {
      Tensor out = bench.floats(n, outputs);
      Tensor x = bench.floats(x(), n, inputs);
      Tensor wte = bench.floats(weight(), outputs, inputs);
      bench.training().logits(out, x, wte);
      Tensor xGradient = bench.floats(n, inputs);
      Tensor wteGradient = bench.floats(weightNoise(), outputs, inputs);
      bench
          .training()
          .logitsBackward(xGradient, wteGradient, bench.floats(outGradient(), n, outputs), x, wte);
      return new Results(out, xGradient, wteGradient, bench.floats(biasNoise(), outputs));
    }
  }

  private record Results(Tensor out, Tensor xGradient, Tensor weightGradient, Tensor biasGradient) {
    void show(Workbench bench, double tolerance) {
      bench.show("out", out, tolerance);
      bench.show("x's gradient", xGradient, tolerance);
      bench.show("the matrix's gradient", weightGradient, tolerance);
      bench.show("the bias's gradient", biasGradient, tolerance);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 3, 5",
    "2, 7, 1",
    "5, 1, 9",
    "3, 4, 4",
    "8, 16, 24",
    "16, 32, 96",
    "17, 33, 65",
    "31, 100, 48",
    "33, 64, 48",
    "64, 65, 130",
    "100, 48, 144",
    "2, 768, 100",
    "130, 20, 16",
    "250, 240, 250",
    "600, 20, 16"
  })
  void linear(int n, int inputs, int outputs) {
    compare(bench -> new Case(n, inputs, outputs, true).linear(bench).show(bench, tolerance()));
    compare(bench -> new Case(n, inputs, outputs, false).linear(bench).show(bench, tolerance()));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 3, 1",
    "2, 1, 7",
    "2, 5, 7",
    "3, 16, 64",
    "17, 33, 65",
    "33, 48, 257",
    "64, 64, 100",
    "2, 4, 50257",
    "130, 20, 16"
  })
  void logits(int n, int width, int vocabulary) {
    compare(bench -> new Case(n, width, vocabulary, false).logits(bench).show(bench, tolerance()));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1, true", "3, 5, 7, true", "3, 5, 7, false", "9, 4, 3, true"})
  void linearBackwardEqualsDifferences(int n, int inputs, int outputs, boolean bias) {
    Case c = new Case(n, inputs, outputs, bias);
    double[] x = Doubles.of(c.x());
    double[] weight = Doubles.of(c.weight());
    double[] biases = Doubles.of(c.biases());
    float[] dOut = c.outGradient();
    double[] byX =
        Differences.gradient(c.x(), dOut, v -> TrainingFormulas.linear(v, weight, biases));
    double[] byWeight =
        Differences.gradient(c.weight(), dOut, v -> TrainingFormulas.linear(x, v, biases));
    double[] byBias =
        Differences.gradient(c.biases(), dOut, v -> TrainingFormulas.linear(x, weight, v));
    compare(
        bench -> {
          Results results = c.linear(bench);
          bench.expect("out", results.out, TrainingFormulas.linear(x, weight, biases), tolerance());
          bench.expect("x's gradient", results.xGradient, byX, tolerance());
          bench.expect(
              "weight's gradient",
              results.weightGradient,
              Doubles.sum(c.weightNoise(), byWeight),
              tolerance());
          if (bias) {
            bench.expect(
                "bias's gradient",
                results.biasGradient,
                Doubles.sum(c.biasNoise(), byBias),
                tolerance());
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 5, 7", "9, 4, 3"})
  void logitsBackwardEqualsDifferences(int n, int width, int vocabulary) {
    Case c = new Case(n, width, vocabulary, false);
    double[] x = Doubles.of(c.x());
    double[] wte = Doubles.of(c.weight());
    float[] dOut = c.outGradient();
    double[] byX = Differences.gradient(c.x(), dOut, v -> TrainingFormulas.logits(v, wte, width));
    double[] byWte =
        Differences.gradient(c.weight(), dOut, v -> TrainingFormulas.logits(x, v, width));
    compare(
        bench -> {
          Results results = c.logits(bench);
          bench.expect("out", results.out, TrainingFormulas.logits(x, wte, width), tolerance());
          bench.expect("x's gradient", results.xGradient, byX, tolerance());
          bench.expect(
              "wte's gradient",
              results.weightGradient,
              Doubles.sum(c.weightNoise(), byWte),
              tolerance());
        });
  }

  @Test
  void areDeterministic() {
    repeat(bench -> new Case(131, 70, 90, true).linear(bench).show(bench, 0));
    repeat(bench -> new Case(131, 70, 90, false).logits(bench).show(bench, 0));
  }
}
