package gpt2j.testkit;

import static gpt2j.api.SamplingState.NO_TOKEN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.EmbeddingTable;
import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Logits that are no numbers: {@link gpt2j.api.Operations#sample} draws no token from them, and a
 * loss of them isn't finite; whatever the parameters, wherever the number is that isn't one, and
 * without harm to the other rows.
 */
abstract class NoNumbersContract extends Contract {
  private static final float NAN = Float.NaN;

  /** NaN as some operations make it: with a sign, and with other bits. */
  private static final float[] NANS = {
    NAN, Float.intBitsToFloat(0xFFC00000), Float.intBitsToFloat(0x7F800001), 0f / 0f
  };

  NoNumbersContract(BackendContract subject) {
    super(subject);
  }

  static List<SamplingParameters> everyParameter() {
    return HeadContract.everyParameter();
  }

  /** One way for each path of a backend. */
  static List<SamplingParameters> someParameters() {
    return List.of(
        SamplingParameters.greedy(),
        SamplingParameters.random(1),
        SamplingParameters.random(2).withTopK(5).withRepetitionPenalty(1.3f),
        SamplingParameters.random(3).withTopP(0.9f),
        SamplingParameters.random(4).withMinP(0.1f));
  }

  /** Each row has another fault, every third none. */
  @ParameterizedTest
  @MethodSource("everyParameter")
  void noTokenIsDrawn(SamplingParameters parameters) {
    onBackend(
        bench -> {
          for (int vocabulary : new int[] {1, 2, 33, 257, 1003}) {
            Draws draws = new Draws(bench, parameters, 8, vocabulary);
            for (int step = 0; step < 3; step++) {
              float[] logits = Numbers.random(step, 8 * vocabulary, 3);
              int place = (step * 77 + 5) % vocabulary;
              spoil(logits, vocabulary, 0, place, NANS[step]);
              spoil(logits, vocabulary, 1, place, Float.POSITIVE_INFINITY);
              spoil(logits, vocabulary, 3, vocabulary - 1, NAN);
              fill(logits, vocabulary, 4, Float.NEGATIVE_INFINITY);
              fill(logits, vocabulary, 6, NAN);
              fill(logits, vocabulary, 7, Float.NEGATIVE_INFINITY);
              spoil(logits, vocabulary, 7, place, NAN);
              int[] drawn = draws.draw(logits);
              for (int row : new int[] {0, 1, 3, 4, 6, 7}) {
                assertEquals(NO_TOKEN, drawn[row], "row " + row);
              }
              assertTrue(drawn[2] >= 0 && drawn[5] >= 0, Arrays.toString(drawn));
            }
            draws.assertFewNearTies();
          }
        });
  }

  /** A vector, a tail, a warp, a block: a number that isn't one counts wherever it is. */
  @ParameterizedTest
  @MethodSource("someParameters")
  void whereverItIs(SamplingParameters parameters) {
    int vocabulary = 301;
    int rows = 43;
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, parameters, rows, vocabulary);
          for (float value : new float[] {NAN, Float.POSITIVE_INFINITY}) {
            for (int first = 0; first < vocabulary; first += rows) {
              float[] logits = Numbers.random(first, rows * vocabulary, 3);
              for (int row = 0; row < rows; row++) {
                spoil(logits, vocabulary, row, first + row, value);
              }
              for (int token : draws.draw(logits)) {
                assertEquals(NO_TOKEN, token);
              }
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("someParameters")
  void inAVocabularyOfGpt2(SamplingParameters parameters) {
    int vocabulary = 50_257;
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, parameters, 2, vocabulary);
          for (int place : new int[] {0, 25_001, vocabulary - 1}) {
            float[] logits = Numbers.random(place, 2 * vocabulary, 3);
            spoil(logits, vocabulary, 1, place, NAN);
            int[] drawn = draws.draw(logits);
            assertTrue(drawn[0] >= 0);
            assertEquals(NO_TOKEN, drawn[1]);
          }
        });
  }

  /** Right behind the head, where a backend may do both at once. */
  @ParameterizedTest
  @MethodSource("everyParameter")
  void behindTheHead(SamplingParameters parameters) {
    int width = 12;
    for (int rows : new int[] {1, 3, 8, 9}) {
      onBackend(
          bench -> {
            Tensor x = bench.floats(rows, width);
            for (int vocabulary : new int[] {65, 1003}) {
              float[] table = Numbers.random(3, vocabulary * width, 0.5);
              head(bench, parameters, x, table, vocabulary, rows - 1);
              // A token whose vector is damaged spoils every row.
              table[(vocabulary - 3) * width] = NAN;
              head(bench, parameters, x, table, vocabulary, 0);
              table[(vocabulary - 3) * width] = Float.POSITIVE_INFINITY;
              head(bench, parameters, x, table, vocabulary, 0);
            }
          });
    }
  }

  /** The rows from {@code good} on are damaged, by themselves or by the table. */
  private static void head(
      Workbench bench,
      SamplingParameters parameters,
      Tensor x,
      float[] table,
      int vocabulary,
      int good) {
    int rows = x.shape().rows();
    int width = x.shape().size(1);
    EmbeddingTable head = bench.table(Numbers.host(table, vocabulary, width), WeightFormat.F32);
    Draws draws = new Draws(bench, parameters, rows, vocabulary);
    float[] values = Numbers.random(7, rows * width, 1);
    for (int row = 0; row < rows; row++) {
      values[row * width] = 1; // so that an infinite number of the table stays one
    }
    if (good > 0 || rows == 1) {
      Arrays.fill(values, good * width, rows * width, NAN);
    }
    bench.write(x, values);
    for (int step = 0; step < 2; step++) {
      int[] drawn = draws.drawBehind(logits -> bench.operations().logits(logits, x, head));
      for (int row = 0; row < rows; row++) {
        assertEquals(row >= good, drawn[row] == NO_TOKEN, "row " + row + " of " + rows);
      }
    }
  }

  /** A draw without a token is a draw all the same, so those that follow have their numbers. */
  @ParameterizedTest
  @MethodSource("someParameters")
  void theStateGoesOn(SamplingParameters parameters) {
    int vocabulary = 100;
    onBackend(
        bench -> {
          Draws draws = new Draws(bench, parameters.withRepetitionPenalty(3), 2, vocabulary);
          draws.reset(1, 1, 0, IntStream.range(50, 99).toArray());
          for (int step = 0; step < 12; step++) {
            float[] logits = Numbers.random(step, 2 * vocabulary, 1);
            if (step % 3 == 1) {
              spoil(logits, vocabulary, 1, 70, NAN); // of a token that was seen
            }
            draws.draw(logits);
          }
        });
  }

  /** Of equal logits each token is drawn in turn, unless it counts as seen already. */
  @Test
  void noTokenCountsAsSeen() {
    int vocabulary = 40;
    SamplingParameters greedy = SamplingParameters.greedy().withRepetitionPenalty(2);
    SamplingParameters filtered = SamplingParameters.random(1).withTopK(1).withRepetitionPenalty(2);
    for (SamplingParameters parameters : List.of(greedy, filtered)) {
      onBackend(
          bench -> {
            Draws draws = new Draws(bench, parameters, 1, vocabulary);
            for (int token = 0; token < vocabulary; token++) {
              if (token % 20 == 0) {
                draws.draw(Numbers.repeated(NAN, vocabulary));
              }
              assertEquals(token, draws.draw(Numbers.repeated(1, vocabulary))[0]);
            }
          });
    }
  }

  /** However large a penalty makes logits, they are numbers, and some token is drawn. */
  @ParameterizedTest
  @MethodSource("someParameters")
  void aPenaltyMakesNoLogitInfinite(SamplingParameters parameters) {
    int vocabulary = 40;
    for (float penalty : new float[] {1e-30f, 1e-38f, 1e38f}) {
      onBackend(
          bench -> {
            Draws draws =
                new Draws(bench, parameters.withRepetitionPenalty(penalty), 1, vocabulary);
            float[] logits = Numbers.repeated(-1, vocabulary);
            logits[7] = 1000; // seen, so by far the largest, or with a large penalty the smallest
            logits[8] = Float.NEGATIVE_INFINITY;
            draws.reset(0, 0, 0, 7, 8);
            int drawn = draws.draw(logits)[0];
            assertTrue(penalty > 1 ? drawn >= 0 && drawn != 8 : drawn == 7, "token " + drawn);
            draws.reset(0, 0, 0, IntStream.range(0, vocabulary).toArray());
            for (float all : new float[] {-1000, 1000}) {
              assertTrue(draws.draw(Numbers.repeated(all, vocabulary))[0] >= 0, "all " + all);
            }
          });
    }
  }

  /** A row without a token goes on as what it is, beside rows that don't mind it. */
  @Test
  void otherRowsGoOn() {
    SamplingParameters parameters = SamplingParameters.random(7);
    onBackend(
        bench -> {
          TinyDecoder undisturbed = new TinyDecoder(bench, 3, parameters);
          TinyDecoder decoder = new TinyDecoder(bench, 3, parameters);
          for (int step = 0; step < 12; step++) {
            if (step == 4) {
              bench.write(decoder.batch().tokens().rows(1, 1), NO_TOKEN);
            }
            undisturbed.step();
            decoder.step();
            int[] expected = bench.readInts(undisturbed.batch().tokens());
            int[] drawn = bench.readInts(decoder.batch().tokens());
            assertEquals(expected[0], drawn[0], "row 0, step " + step);
            assertEquals(expected[2], drawn[2], "row 2, step " + step);
            assertTrue(drawn[1] >= NO_TOKEN && drawn[1] < TinyDecoder.VOCABULARY);
          }
        });
  }

  @Test
  void lossesAreNotFinite() {
    int vocabulary = 257;
    onBackend(
        bench -> {
          for (int place : new int[] {0, 100, 256}) {
            for (float value : new float[] {NAN, NANS[1], Float.POSITIVE_INFINITY}) {
              float[] logits = Numbers.random(place, 5 * vocabulary, 3);
              spoil(logits, vocabulary, 1, place, value);
              fill(logits, vocabulary, 2, Float.NEGATIVE_INFINITY);
              fill(logits, vocabulary, 3, value);
              Tensor losses = bench.floats(5);
              bench
                  .operations()
                  .crossEntropy(
                      losses,
                      bench.floats(logits, 5, vocabulary),
                      bench.ints(3, place == 0 ? 7 : place, 4, 5, 6));
              float[] read = bench.read(losses);
              for (int row = 0; row < 5; row++) {
                boolean spoilt = row > 0 && row < 4;
                assertEquals(
                    !spoilt, Float.isFinite(read[row]), "row %d: %s".formatted(row, read[row]));
              }
              assertFalse(read[0] == 0);
            }
          }
        });
  }

  private static void spoil(float[] logits, int vocabulary, int row, int token, float value) {
    logits[row * vocabulary + token] = value;
  }

  private static void fill(float[] logits, int vocabulary, int row, float value) {
    Arrays.fill(logits, row * vocabulary, (row + 1) * vocabulary, value);
  }
}
