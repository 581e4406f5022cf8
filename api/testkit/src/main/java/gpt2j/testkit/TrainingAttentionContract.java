package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.Dropout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link gpt2j.api.training.TrainingOperations#attention} and its backward pass. */
abstract class TrainingAttentionContract extends TrainingPart {
  private static final long SEED = 0x1234_5678_9ABC_DEF0L;
  private static final int SITE = 5;
  private static final int PASS = 77;

  TrainingAttentionContract(TrainingContract subject) {
    super(subject);
  }

  /**
   * What goes into both passes.
   *
   * @param size deviation of queries and keys
   * @param probability of dropout; 0 for none
   */
  private record Case(
      int sequences, int length, int heads, int headSize, double size, float probability) {
    int n() {
      return sequences * length;
    }

    int width() {
      return heads * headSize;
    }

    float scale() {
      return (float) (1 / Math.sqrt(headSize));
    }

    float[] qkv() {
      float[] qkv = Numbers.random(1, n() * 3 * width(), 1);
      for (int i = 0; i < qkv.length; i++) {
        qkv[i] *= i % (3 * width()) < 2 * width() ? (float) size : 1;
      }
      return qkv;
    }

    float[] outGradient() {
      return Numbers.random(2, n() * width(), 1);
    }

    Dropout dropout(Tensor pass) {
      return probability == 0 ? Dropout.NONE : new Dropout.Random(probability, SEED, SITE, pass);
    }

    Results run(Workbench bench) {
      Dropout dropout = dropout(bench.ints(PASS));
      Tensor out = bench.floats(n(), width());
      Tensor logSumExp = bench.floats(n(), heads);
      Tensor qkv = bench.floats(qkv(), n(), 3 * width());
      bench.training().attention(out, logSumExp, qkv, length, heads, scale(), dropout);
      Tensor qkvGradient = bench.floats(n(), 3 * width());
      Tensor outGradient = bench.floats(outGradient(), n(), width());
      bench
          .training()
          .attentionBackward(
              qkvGradient, outGradient, out, logSumExp, qkv, length, heads, scale(), dropout);
      return new Results(out, logSumExp, qkvGradient);
    }
  }

  private record Results(Tensor out, Tensor logSumExp, Tensor qkvGradient) {
    void show(Workbench bench, double tolerance) {
      bench.show("out", out, tolerance);
      bench.show("logSumExp", logSumExp, tolerance);
      bench.show("qkv's gradient", qkvGradient, tolerance);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1", "1, 1, 2, 3", "3, 1, 2, 4", "1, 2, 1, 1", "2, 5, 3, 3", "3, 7, 1, 64",
    "1, 16, 2, 8", "1, 17, 12, 5", "2, 33, 2, 16", "1, 65, 1, 64", "1, 20, 2, 80", "1, 130, 2, 7",
    "2, 64, 1, 32", "1, 70, 1, 130"
  })
  void everyShape(int sequences, int length, int heads, int headSize) {
    for (float probability : new float[] {0, 0.2f}) {
      Case c = new Case(sequences, length, heads, headSize, 1, probability);
      compare(bench -> c.run(bench).show(bench, tolerance()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 0",
    "2, 4, 1, 3, 0",
    "2, 5, 2, 2, 0",
    "2, 5, 2, 3, 0.3",
    "1, 9, 3, 1, 0.5"
  })
  void backwardEqualsDifferences(
      int sequences, int length, int heads, int headSize, float probability) {
    Case c = new Case(sequences, length, heads, headSize, 1.5, probability);
    try (Workbench host = new Workbench(subject(), subject().reference())) {
      DropoutMask mask = DropoutMask.of(c.dropout(host.ints(PASS)), PASS);
      double[] byQkv =
          Differences.gradient(
              c.qkv(),
              c.outGradient(),
              qkv -> TrainingFormulas.attention(qkv, c.width(), length, heads, c.scale(), mask));
      double[] out =
          TrainingFormulas.attention(
              Doubles.of(c.qkv()), c.width(), length, heads, c.scale(), mask);
      compare(
          bench -> {
            Results results = c.run(bench);
            bench.expect("out", results.out, out, tolerance());
            bench.expect("qkv's gradient", results.qkvGradient, byQkv, tolerance());
          });
    }
  }

  /**
   * Scores of hundreds and of tens of thousands: probabilities are 0 or 1, nothing overflows.
   * Rounding the logarithm of a sum to float32 changes probabilities by its size times 2⁻²⁴.
   */
  @ParameterizedTest
  @ValueSource(doubles = {10, 100})
  void peaked(double size) {
    for (float probability : new float[] {0, 0.2f}) {
      Case c = new Case(2, 19, 2, 16, size, probability);
      compare(bench -> c.run(bench).show(bench, 40 * size * size * size * 0x1p-24));
    }
  }

  /** The scale is a number like any other; it need not be the usual one. */
  @Test
  void anyScale() {
    for (float scale : new float[] {1, 0.05f, -0.3f}) {
      compare(
          bench -> {
            Tensor out = bench.floats(12, 10);
            Tensor logSumExp = bench.floats(12, 2);
            Tensor qkv = bench.floats(Numbers.random(1, 12 * 30, 1), 12, 30);
            Tensor gradient = bench.floats(12, 30);
            Tensor outGradient = bench.floats(Numbers.random(2, 12 * 10, 1), 12, 10);
            bench.training().attention(out, logSumExp, qkv, 6, 2, scale, Dropout.NONE);
            bench
                .training()
                .attentionBackward(
                    gradient, outGradient, out, logSumExp, qkv, 6, 2, scale, Dropout.NONE);
            new Results(out, logSumExp, gradient).show(bench, tolerance());
          });
    }
  }

  /**
   * Values that are rows of the identity show the probabilities after dropout: exactly those that
   * the mask drops are 0.
   */
  @ParameterizedTest
  @ValueSource(floats = {0.1f, 0.5f, 0.9f})
  void dropsWhatTheMaskDrops(float probability) {
    int length = 16;
    int heads = 2;
    int width = heads * length;
    float[] qkv = Numbers.random(1, 2 * length * 3 * width, 1);
    for (int row = 0; row < 2 * length; row++) {
      for (int c = 0; c < width; c++) {
        qkv[row * 3 * width + 2 * width + c] = c % length == row % length ? 1 : 0;
      }
    }
    onBackend(
        bench -> {
          Dropout dropout = new Dropout.Random(probability, SEED, SITE, bench.ints(PASS));
          DropoutMask mask = DropoutMask.of(dropout, PASS);
          Tensor out = bench.floats(2 * length, width);
          Tensor logSumExp = bench.floats(2 * length, heads);
          Tensor input = bench.floats(qkv, 2 * length, 3 * width);
          bench.training().attention(out, logSumExp, input, length, heads, 0.5f, dropout);
          float[] probabilities = bench.read(out); // [n, heads, T]
          for (int element = 0; element < probabilities.length; element++) {
            int row = element / width;
            boolean seen = element % length <= row % length;
            boolean kept = seen && mask.factor(element) != 0;
            assertEquals(kept, probabilities[element] != 0, "element " + element);
          }
        });
  }

  @Test
  void isDeterministic() {
    repeat(bench -> new Case(2, 65, 3, 20, 1, 0.1f).run(bench).show(bench, 0));
  }
}
