package gpt2j.testkit;

import gpt2j.api.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.training.TrainingOperations#layerNorm} and its backward pass. */
abstract class TrainingNormContract extends TrainingPart {
  TrainingNormContract(TrainingContract subject) {
    super(subject);
  }

  /** What goes into both passes, and what lies in the gradients before. */
  private record Case(int n, int width, float epsilon, float[] x) {
    static Case of(int n, int width) {
      return new Case(n, width, 1e-5f, Numbers.random(n, n * width, 1));
    }

    float[] gain() {
      float[] gain = Numbers.random(1, width, 0.5);
      for (int c = 0; c < width; c++) {
        gain[c] += 1;
      }
      return gain;
    }

    float[] bias() {
      return Numbers.random(2, width, 0.5);
    }

    float[] outGradient() {
      return Numbers.random(3, n * width, 1);
    }

    float[] noise(int seed, int count) {
      return Numbers.random(seed, count, 1);
    }

    /** The results of both passes on one backend. */
    Results run(Workbench bench) {
      Tensor out = bench.floats(n, width);
      Tensor mean = bench.floats(n);
      Tensor rstd = bench.floats(n);
      Tensor input = bench.floats(x, n, width);
      Tensor gain = bench.floats(gain(), width);
      bench
          .training()
          .layerNorm(out, mean, rstd, input, gain, bench.floats(bias(), width), epsilon);
      Tensor xGradient = bench.floats(noise(4, n * width), n, width);
      Tensor gainGradient = bench.floats(noise(5, width), width);
      Tensor biasGradient = bench.floats(noise(6, width), width);
      bench
          .training()
          .layerNormBackward(
              xGradient,
              gainGradient,
              biasGradient,
              bench.floats(outGradient(), n, width),
              input,
              gain,
              mean,
              rstd);
      return new Results(out, mean, rstd, xGradient, gainGradient, biasGradient);
    }
  }

  private record Results(
      Tensor out,
      Tensor mean,
      Tensor rstd,
      Tensor xGradient,
      Tensor gainGradient,
      Tensor biasGradient) {
    void show(Workbench bench, double tolerance) {
      bench.show("out", out, tolerance);
      bench.show("mean", mean, tolerance);
      bench.show("inverse deviation", rstd, tolerance);
      bench.show("x's gradient", xGradient, tolerance);
      bench.show("gain's gradient", gainGradient, tolerance);
      bench.show("bias's gradient", biasGradient, tolerance);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 16, 31, 32, 33, 48, 65, 100, 768, 1600})
  void everyWidth(int width) {
    for (int n : new int[] {1, 2, 5, 17}) {
      compare(bench -> Case.of(n, width).run(bench).show(bench, tolerance()));
    }
  }

  @Test
  void manyRows() {
    compare(bench -> Case.of(300, 65).run(bench).show(bench, tolerance()));
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "1, 7", "4, 3", "3, 16", "9, 10"})
  void backwardEqualsDifferences(int n, int width) {
    Case c = Case.of(n, width);
    double[] xFixed = Doubles.of(c.x);
    double[] gainFixed = Doubles.of(c.gain());
    double[] biasFixed = Doubles.of(c.bias());
    float[] outGradient = c.outGradient();
    double[] byX =
        Differences.gradient(
            c.x, outGradient, x -> TrainingFormulas.layerNorm(x, gainFixed, biasFixed, c.epsilon));
    double[] byGain =
        Differences.gradient(
            c.gain(),
            outGradient,
            gain -> TrainingFormulas.layerNorm(xFixed, gain, biasFixed, c.epsilon));
    double[] byBias =
        Differences.gradient(
            c.bias(),
            outGradient,
            bias -> TrainingFormulas.layerNorm(xFixed, gainFixed, bias, c.epsilon));
    double[] out = TrainingFormulas.layerNorm(xFixed, gainFixed, biasFixed, c.epsilon);
    compare(
        bench -> {
          Results results = c.run(bench);
          double tolerance = tolerance();
          bench.expect("out", results.out, out, tolerance);
          bench.expect(
              "x's gradient",
              results.xGradient,
              Doubles.sum(c.noise(4, n * width), byX),
              tolerance);
          bench.expect(
              "gain's gradient",
              results.gainGradient,
              Doubles.sum(c.noise(5, width), byGain),
              tolerance);
          bench.expect(
              "bias's gradient",
              results.biasGradient,
              Doubles.sum(c.noise(6, width), byBias),
              tolerance);
        });
  }

  /** The variance is as small as epsilon, so that leaving epsilon out would show. */
  @ParameterizedTest
  @CsvSource({"48, 1e-5", "100, 1e-3", "65, 1"})
  void addsEpsilonToTheVariance(int width, float epsilon) {
    Case c = new Case(5, width, epsilon, Numbers.random(5, 5 * width, Math.sqrt(epsilon)));
    compare(bench -> c.run(bench).show(bench, tolerance()));
  }

  /** The mean is rounded to float32; dividing by the deviation magnifies that error. */
  @ParameterizedTest
  @ValueSource(floats = {10, -1e3f})
  void aMeanFarFromZero(float mean) {
    for (int width : new int[] {7, 64, 768}) {
      float[] x = Numbers.random(7, 4 * width, 1);
      for (int i = 0; i < x.length; i++) {
        x[i] += mean;
      }
      double allowed = tolerance() + 16 * 0x1p-24 * Math.abs(mean);
      Case c = new Case(4, width, 1e-5f, x);
      compare(bench -> c.run(bench).show(bench, allowed));
    }
  }

  @Test
  void aConstantRow() {
    for (int width : new int[] {1, 17, 64}) {
      Case c = new Case(3, width, 1e-5f, Numbers.repeated(0.5f, 3 * width));
      compare(bench -> c.run(bench).show(bench, 1e-3));
    }
  }

  @Test
  void isDeterministic() {
    Case c = Case.of(131, 200);
    repeat(bench -> c.run(bench).show(bench, 0));
  }
}
