package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sampling draws what {@code golden_sampling.py} has computed: never a token that transformers'
 * logits processors remove, and exactly the tokens that follow from the random numbers.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class GoldenSamplingContract {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int UNCLEAR = -1;

  private final Expected expected = new Expected(Golden.resource("sampling/cases.safetensors"));
  private final double[][] parameters = expected.rows("parameters"); // [cases][5]
  private final long[] seeds = expected.longs("seeds"); // [cases]
  private final double[][] logits = expected.rows("logits"); // [cases][vocabulary]
  private final double[][] logProbs = expected.rows("log_probs"); // [cases][vocabulary]
  private final long[] streams = expected.longs("streams"); // [streams]
  private final int[] seen = expected.ints("seen"); // [cases × tokens]
  private final int[] draws = expected.ints("draws"); // [cases × streams × draws]
  private Backend backend;

  /** Opens the backend under test. */
  abstract Backend open();

  @BeforeAll
  void openBackend() {
    backend = open();
  }

  @AfterAll
  void closeBackend() {
    backend.close();
  }

  IntStream cases() {
    return IntStream.range(0, seeds.length);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void draws(int number) {
    int vocabulary = logits[number].length;
    int rows = streams.length;
    int drawsPerStream = draws.length / (seeds.length * rows);
    try (Arena arena = Arena.ofConfined();
        Tensor device =
            backend.allocate(DataType.F32, Shape.of(rows, vocabulary), Usage.ACTIVATION);
        Tensor tokens = backend.allocate(DataType.I32, Shape.of(rows), Usage.IO);
        SamplingState state = backend.samplingState(rows, vocabulary, parameters(number))) {
      MemorySegment host = arena.allocate(FLOAT, (long) rows * vocabulary);
      MemorySegment drawn = arena.allocate(INT, rows);
      for (int i = 0; i < rows * vocabulary; i++) {
        host.setAtIndex(FLOAT, i, (float) logits[number][i % vocabulary]);
      }
      for (int draw = 0; draw < drawsPerStream; draw++) {
        for (int row = 0; row < rows; row++) {
          state.reset(row, streams[row], draw, seen(number));
        }
        backend.write(device, host);
        backend.operations().sample(tokens, device, state);
        backend.read(tokens, drawn);
        int at = draw;
        assertAll(
            IntStream.range(0, rows)
                .mapToObj(
                    row ->
                        () ->
                            check(
                                number,
                                draws[(number * rows + row) * drawsPerStream + at],
                                drawn.getAtIndex(INT, row),
                                "draw %d of stream %d".formatted(at, streams[row]))));
      }
    }
  }

  private void check(int number, int token, int drawn, String which) {
    assertTrue(drawn >= 0 && drawn < logits[number].length, () -> which + ": token " + drawn);
    assertTrue(
        logProbs[number][drawn] > Double.NEGATIVE_INFINITY,
        () -> "%s: token %d, which transformers removes".formatted(which, drawn));
    if (token != UNCLEAR) {
      assertEquals(token, drawn, which);
    }
  }

  private SamplingParameters parameters(int number) {
    double[] p = parameters[number];
    return new SamplingParameters(
        (float) p[0], (int) p[1], (float) p[2], (float) p[3], (float) p[4], seeds[number]);
  }

  private int[] seen(int number) {
    int tokens = seen.length / seeds.length;
    return IntStream.range(0, tokens).map(i -> seen[number * tokens + i]).toArray();
  }
}
