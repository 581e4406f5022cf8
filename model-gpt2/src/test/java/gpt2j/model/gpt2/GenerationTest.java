package gpt2j.model.gpt2;

import static gpt2j.model.gpt2.TinyModels.CONTEXT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GenerationTest {
  private static final SamplingParameters RANDOM = SamplingParameters.random(11).withTemperature(5);

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
    assertEquals(model.weightBytes(), backend.memory().total(), "all but the weights given back");
    model.close();
    assertEquals(0, backend.memory().total());
    backend.close();
  }

  @Test
  void greedyTakesTheLargestLogit() {
    for (int length = 1; length < CONTEXT; length++) {
      int[] prompt = TinyModels.tokens(length, length);
      List<Integer> expected = naiveGreedy(prompt, CONTEXT + 1 - length, ContextOverflow.STOP);
      assertEquals(expected, single(request(prompt)).tokens(), "prompt of " + length);
    }
  }

  /** Past the context, and for prompts longer than it, with the cache and without. */
  @ParameterizedTest
  @EnumSource(names = {"RECOMPUTE", "SLIDE"})
  void overflowsAsDefined(ContextOverflow overflow) {
    for (int length : new int[] {1, 2, CONTEXT - 1, CONTEXT, CONTEXT + 1, 3 * CONTEXT}) {
      int[] prompt = TinyModels.tokens(length, length);
      int[] kept = Arrays.copyOfRange(prompt, Math.max(0, length - CONTEXT), length);
      List<Integer> expected = naiveGreedy(kept, 3 * CONTEXT, overflow);
      for (boolean useCache : new boolean[] {true, false}) {
        Completion completion =
            single(
                request(prompt)
                    .withMaxNewTokens(3 * CONTEXT)
                    .withContextOverflow(overflow)
                    .withUseCache(useCache));
        assertEquals(expected, completion.tokens(), "prompt of %d, %s".formatted(length, useCache));
        assertEquals(FinishReason.MAX_NEW_TOKENS, completion.finishReason());
        assertEquals(length - kept.length, completion.truncatedPromptTokens());
        assertEquals(boxed(kept), completion.promptTokens());
      }
    }
  }

  /** The greedy continuation by the independent forward pass, window by window. */
  private List<Integer> naiveGreedy(int[] prompt, int count, ContextOverflow overflow) {
    List<Integer> all = new ArrayList<>(boxed(prompt));
    int start = 0;
    for (int i = 0; i < count; i++) {
      int length = all.size() - start;
      if (length > CONTEXT) {
        start = all.size() - (overflow == ContextOverflow.SLIDE ? CONTEXT / 2 : CONTEXT);
      }
      int[] window = all.subList(start, all.size()).stream().mapToInt(t -> t).toArray();
      double[] logits = naive.logits(window)[window.length - 1];
      all.add(NaiveGpt2.argMax(logits));
    }
    return all.subList(prompt.length, all.size());
  }

  @ParameterizedTest
  @EnumSource
  void cacheChangesNothing(ContextOverflow overflow) {
    for (int length = 1; length <= CONTEXT; length++) {
      GenerationRequest request =
          request(TinyModels.tokens(length, length))
              .withSampling(RANDOM.withRepetitionPenalty(1.3f))
              .withSamples(3)
              .withMaxNewTokens(2 * CONTEXT)
              .withContextOverflow(overflow);
      assertEquals(tokens(request), tokens(request.withUseCache(false)), "prompt of " + length);
    }
  }

  /** One sample or several, one prompt or several, short samples beside long ones. */
  @ParameterizedTest
  @EnumSource
  void samplesDontDependOnTheirBatch(ContextOverflow overflow) {
    List<Prompt> prompts =
        IntStream.of(1, 5, CONTEXT, 3).mapToObj(n -> Prompt.of(TinyModels.tokens(n, n))).toList();
    GenerationRequest request =
        request(1)
            .withPrompts(prompts)
            .withSampling(RANDOM.withTopK(20).withRepetitionPenalty(0.9f))
            .withSamples(4)
            .withMaxNewTokens(CONTEXT + 5)
            .withContextOverflow(overflow)
            .withStopStrings(",", "!", "8", "A");
    List<Completion> batch = model.generate(request);
    assertEquals(16, batch.size());
    for (int i = 0; i < 16; i++) {
      GenerationRequest alone = request.withPrompts(List.of(prompts.get(i / 4)));
      Completion expected = model.generate(alone.withSamples(i % 4 + 1)).getLast();
      assertEquals(i, batch.get(i).index());
      assertEquals(expected.tokens(), batch.get(i).tokens(), "completion " + i);
      assertEquals(expected.text(), batch.get(i).text());
      assertEquals(expected.finishReason(), batch.get(i).finishReason());
    }
    assertTrue(batch.stream().map(c -> c.tokens().size()).distinct().count() > 3);
    assertTrue(batch.stream().map(Completion::tokens).distinct().count() > 10);
  }

  @Test
  void seedsDecide() {
    GenerationRequest request = request(1, 2, 3).withSampling(RANDOM);
    assertEquals(tokens(request), tokens(request));
    GenerationRequest other = request.withSampling(RANDOM.withSeed(12));
    assertFalse(tokens(request).equals(tokens(other)));
  }

  /** A request for texts that contain anything, cut at random stop strings taken from them. */
  @Test
  void stopStringsCutTheText() {
    GenerationRequest request =
        request(1, 2, 3)
            .withSampling(RANDOM)
            .withMaxNewTokens(40)
            .withContextOverflow(ContextOverflow.SLIDE);
    Completion whole = single(request);
    Random random = new Random(2);
    for (int round = 0; round < 200; round++) {
      int from = random.nextInt(whole.text().length() - 1);
      int to = random.nextInt(from + 1, Math.min(whole.text().length(), from + 6) + 1);
      String stop = whole.text().substring(from, to);
      StringBuilder streamed = new StringBuilder();
      Completion cut =
          model
              .generate(request.withStopStrings(stop), event -> streamed.append(event.text()))
              .getFirst();
      String expected = whole.text().substring(0, whole.text().indexOf(stop));
      assertEquals(expected, cut.text(), "before " + stop);
      assertEquals(expected, streamed.toString());
      assertEquals(FinishReason.STOP_STRING, cut.finishReason());
      // No token more than are needed for the stop string.
      int enough = cut.tokens().size();
      assertEquals(whole.tokens().subList(0, enough), cut.tokens());
      assertTrue(decode(cut.tokens()).contains(stop));
      assertFalse(decode(cut.tokens().subList(0, enough - 1)).contains(stop));
    }
  }

  private String decode(List<Integer> tokens) {
    return model.tokenizer().decode(tokens.stream().mapToInt(t -> t).toArray());
  }

  @Test
  void endOfTextEnds() {
    int end = single(request(1, 2, 3)).tokens().get(4);
    Gpt2Config config = TinyModels.config().eosTokens(List.of(60, end)).build();
    Path directory = TinyModels.write(folder, config, 5);
    try (Gpt2 ending = TinyModels.load(directory, backend)) {
      Completion completion = ending.generate(request(1, 2, 3)).getFirst();
      int first = single(request(1, 2, 3)).tokens().indexOf(end);
      assertEquals(FinishReason.END_OF_TEXT, completion.finishReason());
      assertEquals(single(request(1, 2, 3)).tokens().subList(0, first + 1), completion.tokens());
      assertEquals(decode(completion.tokens().subList(0, first)), completion.text());

      Completion further = ending.generate(request(1, 2, 3).withStopAtEndOfText(false)).getFirst();
      assertEquals(single(request(1, 2, 3)).tokens(), further.tokens());
    }
  }

  @Test
  void lengthEnds() {
    Completion few = single(request(1, 2).withMaxNewTokens(4));
    assertEquals(4, few.tokens().size());
    assertEquals(FinishReason.MAX_NEW_TOKENS, few.finishReason());

    Completion full = single(request(1, 2).withMaxNewTokens(Integer.MAX_VALUE));
    assertEquals(CONTEXT - 2 + 1, full.tokens().size(), "the last token needs no position");
    assertEquals(FinishReason.CONTEXT_FULL, full.finishReason());

    Completion both = single(request(1, 2).withMaxNewTokens(CONTEXT - 2 + 1));
    assertEquals(full.tokens(), both.tokens());
    assertEquals(FinishReason.MAX_NEW_TOKENS, both.finishReason());
  }

  @Test
  void eventsTellEverything() {
    GenerationRequest request =
        request(1)
            .withPrompts(List.of(Prompt.of(1, 2), Prompt.of(3)))
            .withSampling(RANDOM)
            .withSamples(2)
            .withStopStrings("a", "%");
    List<StringBuilder> texts = new ArrayList<>();
    List<List<Integer>> tokens = new ArrayList<>();
    List<Completion> finished = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      texts.add(new StringBuilder());
      tokens.add(new ArrayList<>());
    }
    try (Generation generation = model.start(request)) {
      while (generation.hasNext()) {
        GenerationEvent event = generation.next();
        texts.get(event.index()).append(event.text());
        switch (event) {
          case GenerationEvent.Token token -> tokens.get(token.index()).add(token.token());
          case GenerationEvent.Finished end -> finished.add(end.completion());
        }
      }
      assertThrows(NoSuchElementException.class, generation::next);
      assertEquals(4, finished.size());
      for (Completion completion : generation.completions()) {
        assertEquals(completion.text(), texts.get(completion.index()).toString());
        assertEquals(completion.tokens(), tokens.get(completion.index()));
        assertTrue(finished.contains(completion));
        Timings timings = completion.timings();
        assertEquals(completion.tokens().size() - 1, timings.steps().size());
        assertTrue(timings.prefill().compareTo(Duration.ZERO) > 0);
        assertTrue(timings.timeToFirstToken().compareTo(timings.prefill()) > 0);
      }
    }
  }

  @Test
  void cancelledBetweenSteps() {
    Completion whole = single(request(1, 2).withMaxNewTokens(8));
    try (Generation generation = model.start(request(1, 2).withMaxNewTokens(8).withSamples(2))) {
      for (int i = 0; i < 6; i++) {
        assertTrue(generation.next() instanceof GenerationEvent.Token);
      }
      assertThrows(IllegalStateException.class, generation::completions);
      generation.cancel();
      generation.forEachRemaining(event -> {});
      for (Completion completion : generation.completions()) {
        assertEquals(FinishReason.CANCELLED, completion.finishReason());
        assertEquals(whole.tokens().subList(0, 3), completion.tokens());
        assertEquals(decode(whole.tokens().subList(0, 3)), completion.text());
      }
    }
  }

  @Test
  void cancelledBeforeTheFirstToken() {
    try (Generation generation = model.start(request(1, 2))) {
      generation.cancel();
      assertTrue(generation.next() instanceof GenerationEvent.Finished);
      assertFalse(generation.hasNext());
      Completion completion = generation.completions().getFirst();
      assertEquals(FinishReason.CANCELLED, completion.finishReason());
      assertEquals(List.of(), completion.tokens());
      assertEquals(Duration.ZERO, completion.timings().timeToFirstToken());
    }
  }

  @Test
  void closedBeforeItsEnd() {
    Generation generation = model.start(request(1, 2));
    generation.next();
    generation.close();
    generation.close();
    assertThrows(IllegalStateException.class, generation::hasNext);
    assertEquals(FinishReason.CANCELLED, generation.completions().getFirst().finishReason());
  }

  @Test
  void saysWhatIsWrong() {
    refused("the prompt is empty", request());
    refused("token 61 at index 2 is outside the vocabulary 0 … 60", request(1, 2, 61));
    refused("token -1 at index 0 is outside the vocabulary 0 … 60", request(-1));
    refused("the prompt has 13 tokens, more than the model's context of 12", request(new int[13]));
  }

  private void refused(String message, GenerationRequest request) {
    var refusal = assertThrows(IllegalArgumentException.class, () -> model.start(request));
    assertTrue(refusal.getMessage().startsWith(message), refusal.getMessage());
  }

  /** A vocabulary padded beyond the tokenizer's, whose last tokens have no text. */
  @Test
  void tokensWithoutTextAreDrawnAllTheSame() {
    Gpt2Config config =
        TinyModels.config().vocabularySize(model.tokenizer().vocabularySize() + 47).build();
    Path directory = TinyModels.write(folder, config, 5);
    try (Gpt2 padded = TinyModels.load(directory, backend)) {
      int last = config.vocabularySize() - 1;
      Completion completion = padded.generate(request(last).withMaxNewTokens(2)).getFirst();
      assertEquals(2, completion.tokens().size());
    }
  }

  private GenerationRequest request(int... prompt) {
    return GenerationRequest.of(Prompt.of(prompt));
  }

  private Completion single(GenerationRequest request) {
    List<Completion> completions = model.generate(request);
    assertEquals(1, completions.size());
    return completions.getFirst();
  }

  private List<List<Integer>> tokens(GenerationRequest request) {
    return model.generate(request).stream().map(Completion::tokens).toList();
  }

  private static List<Integer> boxed(int[] tokens) {
    return Arrays.stream(tokens).boxed().toList();
  }
}
