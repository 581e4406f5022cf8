package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import gpt2j.api.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link gpt2j.api.training.TrainingOperations#embed} and its backward pass. */
abstract class TrainingEmbedContract extends TrainingPart {
  TrainingEmbedContract(TrainingContract subject) {
    super(subject);
  }

  /** One batch and its tables. */
  private record Case(int[] tokens, int length, int width, int vocabulary, int context) {
    static Case of(int sequences, int length, int width, int vocabulary, int context) {
      int n = sequences * length;
      int[] tokens =
          IntStream.range(0, n).map(i -> (i * 7 + vocabulary - 1) % vocabulary).toArray();
      return new Case(tokens, length, width, vocabulary, context);
    }

    float[] wte() {
      return Numbers.random(1, vocabulary * width, 1);
    }

    float[] wpe() {
      return Numbers.random(2, context * width, 1);
    }

    float[] outGradient() {
      return Numbers.random(3, tokens.length * width, 1);
    }

    Tensor forward(Workbench bench) {
      Tensor out = bench.floats(tokens.length, width);
      Tensor wte = bench.floats(wte(), vocabulary, width);
      Tensor wpe = bench.floats(wpe(), context, width);
      bench.training().embed(out, bench.ints(tokens), wte, wpe, length);
      return out;
    }

    void backward(Workbench bench, Tensor wteGradient, Tensor wpeGradient) {
      Tensor outGradient = bench.floats(outGradient(), tokens.length, width);
      bench
          .training()
          .embedBackward(wteGradient, wpeGradient, outGradient, bench.ints(tokens), length);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 1",
    "1, 1, 8, 5, 3",
    "3, 1, 7, 5, 3",
    "2, 3, 7, 11, 3",
    "3, 5, 48, 13, 9",
    "1, 17, 65, 3, 32",
    "4, 33, 100, 300, 64",
    "6, 60, 5, 23, 64"
  })
  void embeds(int sequences, int length, int width, int vocabulary, int context) {
    Case c = Case.of(sequences, length, width, vocabulary, context);
    float[] wteNoise = Numbers.random(4, vocabulary * width, 1);
    float[] wpeNoise = Numbers.random(5, context * width, 1);
    compare(
        bench -> {
          Tensor wte = bench.floats(wteNoise, vocabulary, width);
          Tensor wpe = bench.floats(wpeNoise, context, width);
          bench.show("out", c.forward(bench), 1e-6);
          c.backward(bench, wte, wpe);
          bench.show("wte's gradient", wte, tolerance());
          bench.show("wpe's gradient", wpe, tolerance());
        });
  }

  @Test
  void backwardEqualsDifferences() {
    Case c = Case.of(2, 5, 3, 4, 7);
    float[] wteNoise = Numbers.random(4, 4 * 3, 1);
    float[] wpeNoise = Numbers.random(5, 7 * 3, 1);
    double[] wpeFixed = Doubles.of(c.wpe());
    double[] wteFixed = Doubles.of(c.wte());
    double[] wteGradient =
        Differences.gradient(
            c.wte(),
            c.outGradient(),
            wte -> TrainingFormulas.embed(wte, wpeFixed, c.tokens, c.width, c.length));
    double[] wpeGradient =
        Differences.gradient(
            c.wpe(),
            c.outGradient(),
            wpe -> TrainingFormulas.embed(wteFixed, wpe, c.tokens, c.width, c.length));
    compare(
        bench -> {
          Tensor wte = bench.floats(wteNoise, 4, 3);
          Tensor wpe = bench.floats(wpeNoise, 7, 3);
          c.backward(bench, wte, wpe);
          bench.expect("wte's gradient", wte, Doubles.sum(wteNoise, wteGradient), tolerance());
          bench.expect("wpe's gradient", wpe, Doubles.sum(wpeNoise, wpeGradient), tolerance());
        });
  }

  /** All rows go into one sum; the first and the last token of the table are not its edge. */
  @Test
  void oneTokenForAll() {
    for (int token : new int[] {0, 4}) {
      int[] tokens = new int[96];
      Arrays.fill(tokens, token);
      Case c = new Case(tokens, 32, 33, 5, 32);
      compare(
          bench -> {
            Tensor wte = bench.floats(Numbers.random(4, 5 * 33, 1), 5, 33);
            Tensor wpe = bench.floats(Numbers.random(5, 32 * 33, 1), 32, 33);
            bench.show("out", c.forward(bench), 1e-6);
            c.backward(bench, wte, wpe);
            bench.show("wte's gradient", wte, tolerance());
            bench.show("wpe's gradient", wpe, tolerance());
          });
    }
  }

  @Test
  void whatNoRowUsesStaysAsItIs() {
    Case c = new Case(new int[] {3, 1, 3, 1, 3, 3}, 3, 10, 6, 5);
    float[] wteNoise = Numbers.random(4, 6 * 10, 1);
    float[] wpeNoise = Numbers.random(5, 5 * 10, 1);
    onBackend(
        bench -> {
          Tensor wte = bench.floats(wteNoise, 6, 10);
          Tensor wpe = bench.floats(wpeNoise, 5, 10);
          c.backward(bench, wte, wpe);
          for (int token : new int[] {0, 2, 4, 5}) {
            float[] before = Arrays.copyOfRange(wteNoise, token * 10, token * 10 + 10);
            assertArrayEquals(before, bench.read(wte.rows(token, 1)), "token " + token);
          }
          float[] before = Arrays.copyOfRange(wpeNoise, 3 * 10, 5 * 10);
          assertArrayEquals(before, bench.read(wpe.rows(3, 2)), "positions behind the sequence");
        });
  }

  /** Many rows of few tokens: their order in the sums must not be left to chance. */
  @Test
  void isDeterministic() {
    Case c = Case.of(4, 50, 65, 7, 64);
    repeat(
        bench -> {
          Tensor wte = bench.floats(Numbers.random(4, 7 * 65, 1), 7, 65);
          Tensor wpe = bench.floats(Numbers.random(5, 64 * 65, 1), 64, 65);
          c.backward(bench, wte, wpe);
          bench.show("wte's gradient", wte, 0);
          bench.show("wpe's gradient", wpe, 0);
        });
  }
}
