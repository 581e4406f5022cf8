package gpt2j.model.gpt2;

import static gpt2j.model.gpt2.TinyModels.CONTEXT;
import static gpt2j.model.gpt2.TinyModels.VOCABULARY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.Backend;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.Score.TokenLogprob;
import gpt2j.model.gpt2.Score.TokenScore;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ScorerTest {
  @TempDir private Path folder;
  private Backend backend;
  private Gpt2 model;
  private NaiveGpt2 naive;

  @BeforeEach
  void load() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    backend = TinyModels.reference();
    model = TinyModels.load(directory, backend);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      naive = new NaiveGpt2(checkpoint);
    }
  }

  @AfterEach
  void close() {
    assertEquals(0, backend.memory().of(Usage.CACHE) + backend.memory().of(Usage.ACTIVATION));
    model.close();
    assertEquals(0, backend.memory().total());
    backend.close();
  }

  @ParameterizedTest
  @CsvSource({"2, 6", "11, 1", "12, 6", "13, 6", "13, 12", "40, 1", "40, 5", "41, 6", "48, 12"})
  void scoresEachTokenInItsWindow(int length, int stride) {
    int[] tokens = TinyModels.tokens(length, length);
    OptionalDouble[] expected = new OptionalDouble[length];
    Arrays.fill(expected, OptionalDouble.empty());
    int scored = 0;
    for (int begin = 0; scored < length; begin += stride) {
      int[] window = Arrays.copyOfRange(tokens, begin, Math.min(begin + CONTEXT, length));
      double[][] logits = naive.logits(window);
      for (int i = Math.max(1, scored - begin); i < window.length; i++) {
        expected[begin + i] = OptionalDouble.of(NaiveGpt2.logprob(logits[i - 1], window[i]));
      }
      scored = begin + window.length;
    }

    Score score = model.score(tokens, ScoreOptions.defaults().withStride(stride));

    double sum = 0;
    int count = 0;
    for (int i = 0; i < length; i++) {
      TokenScore token = score.tokens().get(i);
      assertEquals(tokens[i], token.token());
      assertEquals(expected[i].isPresent(), token.logprob().isPresent(), "token " + i);
      assertEquals(List.of(), token.top());
      if (expected[i].isPresent()) {
        assertEquals(expected[i].getAsDouble(), token.logprob().getAsDouble(), 2e-5, "token " + i);
        sum += expected[i].getAsDouble();
        count++;
      }
    }
    assertEquals(-sum / count, score.meanNll(), 2e-5);
    assertEquals(Math.exp(-sum / count), score.perplexity(), 1e-3 * score.perplexity());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, VOCABULARY, 1000})
  void reportsTheMostProbableTokens(int count) {
    int[] tokens = TinyModels.tokens(CONTEXT, 1);
    double[][] logits = naive.logits(tokens);
    Score score = model.score(tokens, ScoreOptions.defaults().withTopLogprobs(count));
    assertEquals(List.of(), score.tokens().getFirst().top());
    for (int i = 1; i < CONTEXT; i++) {
      List<TokenLogprob> top = score.tokens().get(i).top();
      double[] before = logits[i - 1];
      assertEquals(Math.min(count, VOCABULARY), top.size());
      double best = Arrays.stream(before).max().orElseThrow();
      assertEquals(best, before[top.getFirst().token()], 1e-4);
      for (TokenLogprob one : top) {
        assertEquals(NaiveGpt2.logprob(before, one.token()), one.logprob(), 2e-5);
      }
    }
  }

  @Test
  void strideIsHalfAContextByDefault() {
    int[] tokens = TinyModels.tokens(30, 1);
    assertEquals(
        model.score(tokens, ScoreOptions.defaults().withStride(CONTEXT / 2)),
        model.score(tokens, ScoreOptions.defaults()));
  }

  @Test
  void saysWhatCantBeScored() {
    refused("a text to score needs at least 2 tokens", new int[] {1}, ScoreOptions.defaults());
    refused("token 61 at index 1 is outside", new int[] {1, 61}, ScoreOptions.defaults());
    refused(
        "stride must be at most the model's context of 12 tokens, not 13",
        new int[] {1, 2},
        ScoreOptions.defaults().withStride(13));
  }

  private void refused(String message, int[] tokens, ScoreOptions options) {
    var refusal = assertThrows(IllegalArgumentException.class, () -> model.score(tokens, options));
    assertEquals(message, refusal.getMessage().substring(0, message.length()));
  }
}
