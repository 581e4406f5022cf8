package gpt2j.model.gpt2;

import static gpt2j.model.gpt2.TinyModels.VOCABULARY;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.TensorLayout;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that aren't numbers, or make none, end what is under way and are named. */
final class NonFiniteTest {
  private static final int WIDTH = 15;

  /** A position whose embedding some tests spoil. */
  private static final int BAD = 7;

  private static final List<SamplingParameters> SAMPLINGS =
      List.of(
          SamplingParameters.greedy(),
          SamplingParameters.random(3),
          SamplingParameters.random(4).withTopK(5).withRepetitionPenalty(1.3f),
          SamplingParameters.random(5).withTopP(0.9f));

  @TempDir private Path folder;
  private Backend backend = TinyModels.reference();

  @AfterEach
  void close() {
    assertEquals(0, backend.memory().total());
    backend.close();
  }

  static Stream<String> tensors() {
    return TensorLayout.of(untied()).keySet().stream();
  }

  private static Gpt2Config untied() {
    return TinyModels.config().tieWordEmbeddings(false).build();
  }

  @ParameterizedTest
  @MethodSource("tensors")
  void theLayerOfABadWeightIsNamed(String tensor) {
    Path directory = TinyModels.write(folder, untied(), 5);
    String layer = tensor.replaceFirst("\\.(weight|bias)$", "");
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      TinyModels.change(directory, tensor, values -> values[1] = bad);
      try (Gpt2 model = TinyModels.load(directory, backend)) {
        for (SamplingParameters sampling : SAMPLINGS) {
          GenerationRequest request =
              GenerationRequest.of(Prompt.of(0, 1)).withSampling(sampling).withMaxNewTokens(3);
          NonFiniteException e =
              assertThrows(NonFiniteException.class, () -> model.generate(request));
          assertEquals(Optional.of(layer), e.layer());
          assertEquals(
              "%s: the logits after N tokens are not numbers; the first bad value comes out of %s, whose weights are NaN or infinite: the checkpoint is damaged, or its training diverged"
                  .formatted(directory, layer),
              e.getMessage().replaceFirst("after \\d+ tokens", "after N tokens"));
        }
      }
    }
  }

  /** A tied table's row that no prompt has spoils its own logit. */
  @Test
  void theTiedHeadIsNamed() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    TinyModels.change(directory, "wte.weight", values -> values[60 * WIDTH] = Float.NaN);
    assertLayer(directory, "wte", "weights are NaN");
  }

  @ParameterizedTest
  @ValueSource(strings = {"h.1.mlp.c_proj", "h.0.attn.c_proj", "h.1.ln_1"})
  void whatOverflowsIsNamed(String layer) {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    TinyModels.change(directory, layer + ".weight", values -> Arrays.fill(values, 3e38f));
    assertLayer(directory, layer, "whose weights are finite");
  }

  /** Keys and values are numbers, but not in the cache. */
  @Test
  void whatACacheCannotHoldIsNamed() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    TinyModels.change(
        directory,
        "h.1.attn.c_attn.weight",
        values -> {
          for (int i = 0; i < values.length; i++) {
            values[i] *= 1e6f;
          }
        });
    try (Gpt2 model = TinyModels.load(directory, backend);
        Session wide = model.session();
        Session narrow = model.session(SessionOptions.defaults().withCacheType(WeightFormat.F16))) {
      for (Session session : List.of(wide, narrow)) {
        session.prefill(0, 1, 2, 3);
      }
      try (Decoder decoder = wide.decoder(SamplingParameters.greedy(), 0)) {
        decoder.next();
      }
      try (Decoder decoder = narrow.decoder(SamplingParameters.greedy(), 0)) {
        NonFiniteException e = assertThrows(NonFiniteException.class, decoder::next);
        assertEquals(Optional.of("h.1.attn"), e.layer());
        assertTrue(
            e.getMessage().endsWith("h.1.attn has keys or values too large for a cache in f16"),
            e.getMessage());
      }
    }
  }

  private void assertLayer(Path directory, String layer, String why) {
    try (Gpt2 model = TinyModels.load(directory, backend)) {
      NonFiniteException e =
          assertThrows(
              NonFiniteException.class,
              () -> model.generate(GenerationRequest.of(Prompt.of(1, 2, 3))));
      assertEquals(Optional.of(layer), e.layer(), e.getMessage());
      assertTrue(e.getMessage().contains(why), e.getMessage());
      assertEquals(
          Optional.of(layer),
          assertThrows(
                  NonFiniteException.class,
                  () -> model.score(new int[] {1, 2, 3}, ScoreOptions.defaults()))
              .layer());
    }
  }

  private Path withBadPosition() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    TinyModels.change(directory, "wpe.weight", values -> values[BAD * WIDTH + 2] = Float.NaN);
    return directory;
  }

  private static Backend ahead(int depth) {
    return PositionGuard.around(
        new ReferenceBackendProvider()
            .open(
                BackendOptions.defaults()
                    .withSetting(ReferenceBackendProvider.RUN_AHEAD, Integer.toString(depth))));
  }

  /** All that comes before is told, and nothing after; also by a device that is ahead. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4})
  void tokensBeforeAreTold(int depth) {
    Path good = TinyModels.write(folder, TinyModels.config().build(), 5);
    Path bad = withBadPosition();
    try (Backend device = ahead(depth);
        Gpt2 expected = TinyModels.load(good, device);
        Gpt2 model = TinyModels.load(bad, device)) {
      for (SamplingParameters sampling : SAMPLINGS) {
        for (boolean cache : new boolean[] {true, false}) {
          GenerationRequest request =
              GenerationRequest.of(Prompt.of(1, 2, 3))
                  .withPrompts(List.of(Prompt.of(1, 2, 3), Prompt.of(4)))
                  .withSampling(sampling)
                  .withUseCache(cache)
                  .withMaxNewTokens(8);
          List<GenerationEvent> told = new ArrayList<>();
          NonFiniteException e =
              assertThrows(NonFiniteException.class, () -> model.generate(request, told::add));
          // The longer one, whose logits at the bad position are the first to be no numbers.
          assertTrue(e.getMessage().contains("after 8 tokens"), e.getMessage());
          List<GenerationEvent> all = new ArrayList<>();
          expected.generate(request, all::add);
          assertEquals(texts(all).subList(0, told.size()), texts(told));
          assertEquals(2 * (BAD - 2), told.size());
        }
      }
      assertEquals(model.weightBytes() + expected.weightBytes(), device.memory().total());
    }
  }

  private static List<String> texts(List<GenerationEvent> events) {
    return events.stream().map(event -> event.index() + event.text()).toList();
  }

  /** Nothing of it stays: the sequences can be rolled back, and go on as they would have. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void aSessionSurvives(int depth) {
    Path good = TinyModels.write(folder, TinyModels.config().build(), 5);
    Path bad = withBadPosition();
    try (Backend device = ahead(depth);
        Gpt2 expected = TinyModels.load(good, device);
        Gpt2 model = TinyModels.load(bad, device);
        Session session = model.session(SessionOptions.defaults().withSequences(2));
        Session other = expected.session(SessionOptions.defaults().withSequences(2))) {
      SamplingParameters sampling = SamplingParameters.random(8).withRepetitionPenalty(1.4f);
      session.prefill(0, 1, 2, 3, 4, 5);
      other.prefill(0, 1, 2, 3, 4, 5);
      session.prefill(1, 6);
      other.prefill(1, 6);
      try (Decoder decoder = session.decoder(sampling, 0, 1);
          Decoder undisturbed = other.decoder(sampling, 0, 1)) {
        for (int i = 0; i < 3; i++) {
          assertArrayEquals(undisturbed.next(), decoder.next());
        }
        NonFiniteException e = assertThrows(NonFiniteException.class, decoder::next);
        assertEquals(Optional.of("wpe"), e.layer());
        assertEquals(8, session.length(0));
        assertThrows(IllegalStateException.class, decoder::next);
        // The number of the draw is the next one, since nothing was drawn.
        for (Session each : List.of(session, other)) {
          each.clear(0);
          each.prefill(0, 9, 8);
          each.clear(1);
          each.prefill(1, 7, 6, 5);
        }
        for (int i = 0; i < 4; i++) {
          assertArrayEquals(undisturbed.next(), decoder.next());
        }
      }
    }
  }

  @Test
  void aScoreEndsWithTheFirstBadWindow() {
    Path bad = withBadPosition();
    try (Gpt2 model = TinyModels.load(bad, backend)) {
      int[] tokens = TinyModels.tokens(30, 1);
      for (int top : new int[] {0, 3}) {
        ScoreOptions options = ScoreOptions.defaults().withTopLogprobs(top);
        NonFiniteException e =
            assertThrows(NonFiniteException.class, () -> model.score(tokens, options));
        assertTrue(e.getMessage().contains("the logits after 8 tokens"), e.getMessage());
      }
      Score fine = model.score(Arrays.copyOf(tokens, BAD), ScoreOptions.defaults());
      assertTrue(Double.isFinite(fine.perplexity()));
    }
  }

  /** What happened once and not again is said, too. */
  @Test
  void whatIsNotFoundAgain() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    try (Gpt2 model = TinyModels.load(directory, backend);
        Session session = model.session()) {
      NonFiniteException e = session.nonFinite(1, 2, VOCABULARY - 1);
      assertEquals(Optional.empty(), e.layer());
      assertTrue(e.getMessage().endsWith("is the device faulty?"), e.getMessage());
    }
  }
}
