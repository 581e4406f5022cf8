package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.SamplingParameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AllowedTokensTest {
  private static final SamplingParameters RANDOM = SamplingParameters.random(3).withTemperature(9);

  @TempDir private Path folder;
  private Backend backend;
  private Gpt2 model;

  @BeforeEach
  void load() {
    backend = TinyModels.reference();
    model = TinyModels.load(TinyModels.write(folder, TinyModels.config().build(), 5), backend);
  }

  @AfterEach
  void close() {
    model.close();
    backend.close();
  }

  private static GenerationRequest request() {
    return GenerationRequest.of(Prompt.of(1, 2, 3)).withSampling(RANDOM);
  }

  /** Rows move up when others leave: each keeps its own restriction, and none another's. */
  @Test
  void eachRequestOfABatchHasItsOwn() {
    List<GenerationRequest> requests =
        List.of(
            request().withAllowedTokens(Set.of(5)).withMaxNewTokens(2),
            request().withMaxNewTokens(9),
            request().withAllowedTokens(Set.of(7, 8)).withMaxNewTokens(4),
            request().withAllowedTokens(Set.of(60, 0)).withMaxNewTokens(9).withSamples(2));
    List<List<Integer>> expected = new ArrayList<>();
    requests.forEach(
        request -> model.generate(request).forEach(each -> expected.add(each.tokens())));
    List<List<Integer>> together =
        model.generate(requests, event -> {}).stream().map(Completion::tokens).toList();
    assertEquals(expected, together);
    assertEquals(List.of(5, 5), together.get(0));
    assertTrue(new HashSet<>(together.get(1)).size() > 2, "any: " + together.get(1));
    assertTrue(Set.of(7, 8).containsAll(together.get(2)));
    assertTrue(Set.of(60, 0).containsAll(together.get(3)));
    assertTrue(Set.of(60, 0).containsAll(together.get(4)));
  }

  @Test
  void theEndOfTextEndsOnlyWhereItIsAllowed() {
    GenerationRequest request = request().withMaxNewTokens(4);
    var ending = TinyModels.config().eosTokens(List.of(9)).build();
    try (Gpt2 other = TinyModels.load(TinyModels.write(folder, ending, 5), backend)) {
      Completion ended = other.generate(request.withAllowedTokens(Set.of(9))).getFirst();
      assertEquals(FinishReason.END_OF_TEXT, ended.finishReason());
      Map<Integer, Float> likely = Map.of(9, 1e4f);
      Completion goesOn =
          other
              .generate(
                  request.withSampling(RANDOM.withLogitBias(likely)).withAllowedTokens(Set.of(8)))
              .getFirst();
      assertEquals(FinishReason.MAX_NEW_TOKENS, goesOn.finishReason());
    }
  }

  @Test
  void saysWhatIsWrong() {
    refused(
        "the allowed tokens: token 61 is outside the vocabulary 0 … 60",
        request().withAllowedTokens(Set.of(1, 61, 70)));
    refused(
        "the allowed tokens: token -1 is outside the vocabulary 0 … 60",
        request().withAllowedTokens(Set.of(-1)));
    refused(
        "a logit bias: token 61 is outside the vocabulary 0 … 60",
        request().withSampling(RANDOM.withLogitBias(Map.of(61, 1f))));
    assertThrows(IllegalArgumentException.class, () -> request().withAllowedTokens(Set.of()));
  }

  private void refused(String message, GenerationRequest request) {
    var refusal = assertThrows(IllegalArgumentException.class, () -> model.start(request));
    assertEquals(message, refusal.getMessage());
  }
}
