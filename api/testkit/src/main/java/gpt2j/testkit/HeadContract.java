package gpt2j.testkit;

import gpt2j.api.EmbeddingTable;
import gpt2j.api.Operations;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link Operations#sample} right behind {@link Operations#logits}, as generation calls them, where
 * a backend may do both at once: the tokens are those that the logits say.
 */
abstract class HeadContract extends Contract {
  private static final int WIDTH = 20;

  HeadContract(BackendContract subject) {
    super(subject);
  }

  static List<SamplingParameters> everyParameter() {
    return Stream.concat(
            SamplingContract.EVERY_PARAMETER.stream(),
            Stream.of(
                SamplingParameters.greedy(),
                SamplingParameters.greedy().withRepetitionPenalty(1.5f),
                SamplingParameters.random(3).withTopK(200).withTopP(0.8f),
                SamplingParameters.random(4).withTopP(0.9f).withMinP(0.02f)))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("everyParameter")
  void drawsWhatTheLogitsSay(SamplingParameters parameters) {
    check(parameters, WeightFormat.F32, 3, 2, 257, 1003);
  }

  @ParameterizedTest
  @EnumSource
  void fewRowsAndMany(WeightFormat format) {
    for (int rows : new int[] {1, 2, 3, 4, 5, 8, 9, 17}) {
      check(SamplingParameters.random(rows), format, rows, 257);
      check(new SamplingParameters(0.8f, 40, 0.95f, 0.05f, 1.2f, rows), format, rows, 257);
    }
  }

  /** One with filters, then one without, then both beside each other. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 9})
  void rowsChangeWhileARecordedStepGoesOn(int rows) {
    onBackend(
        bench -> {
          int vocabulary = 1003;
          float[] vectors = Numbers.random(3, vocabulary * WIDTH, 0.5);
          EmbeddingTable head =
              bench.table(Numbers.host(vectors, vocabulary, WIDTH), WeightFormat.F32);
          Tensor x = bench.floats(rows, WIDTH);
          Operations operations = bench.operations();
          Consumer<Tensor> product = logits -> operations.logits(logits, x, head);
          Draws draws = new Draws(bench, SamplingParameters.greedy(), rows, vocabulary);
          Step step = draws.record(product);
          List<SamplingParameters> parameters = everyParameter();
          for (int run = 0; run < 12; run++) {
            bench.write(x, Numbers.random(run, rows * WIDTH, 1));
            draws.drawBehind(product, step);
            draws.use(run % rows, parameters.get(run * 5 % parameters.size()));
          }
          draws.assertFewNearTies();
        });
  }

  /** Two steps, the second with tokens seen, each behind a norm and a product of it. */
  private void check(
      SamplingParameters parameters, WeightFormat format, int rows, int... vocabularies) {
    onBackend(
        bench -> {
          Tensor gain = bench.floats(Numbers.random(1, WIDTH, 1), WIDTH);
          Tensor bias = bench.floats(Numbers.random(2, WIDTH, 1), WIDTH);
          Tensor x = bench.floats(rows, WIDTH);
          Tensor normalized = bench.floats(rows, WIDTH);
          Operations operations = bench.operations();
          for (int vocabulary : vocabularies) {
            float[] vectors = Numbers.random(3, vocabulary * WIDTH, 0.5);
            EmbeddingTable head = bench.table(Numbers.host(vectors, vocabulary, WIDTH), format);
            Draws draws = new Draws(bench, parameters, rows, vocabulary);
            for (int step = 0; step < 2; step++) {
              bench.write(x, Numbers.random(step, rows * WIDTH, 1));
              draws.drawBehind(
                  logits -> {
                    operations.layerNorm(normalized, x, gain, bias, 1e-5f);
                    operations.logits(logits, normalized, head);
                  });
            }
            draws.assertFewNearTies();
          }
        });
  }
}
