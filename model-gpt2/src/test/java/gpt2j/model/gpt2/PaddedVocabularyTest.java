package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.format.FormatGolden;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.testkit.ReferenceBackendProvider;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An embedding with more rows than the vocabulary has tokens, as nanoGPT pads GPT-2's 50257 to
 * 50304: what has no text is never drawn, however probable the model finds it, and is scored as
 * PyTorch does.
 */
class PaddedVocabularyTest {
  private static final int TOKENS = 300;
  private static final int ROWS = 320;

  private Backend backend;
  private Gpt2 model;

  /** A model that finds the tokens of the padding the most probable ones. */
  @BeforeEach
  void load() {
    backend = new ReferenceBackendProvider().open(BackendOptions.defaults());
    try (Checkpoint original = Checkpoint.open(FormatGolden.file("torch/compiled.pt"))) {
      Gpt2Config config = original.config().withTieWordEmbeddings(false);
      assertEquals(ROWS, config.vocabularySize());
      try (Checkpoint padded = Checkpoint.of(config, changed(original))) {
        Tokenizer tokenizer = Tokenizer.ofIds(TOKENS, "no texts");
        model = Gpt2.load(padded, tokenizer, backend, LoadOptions.defaults());
      }
    }
  }

  private static Function<String, HostTensor> changed(Checkpoint original) {
    return name -> {
      if (name.equals("lm_head.weight")) {
        return paddedHead(original);
      }
      HostTensor tensor = original.tensor(name);
      float[] values = new float[(int) tensor.shape().elements()];
      tensor.copyTo(0, values, 0, values.length);
      if (name.equals("ln_f.bias")) {
        values[0] = 8; // what the rows of the padding answer to
      }
      return HostTensor.of(name, tensor.shape(), values);
    };
  }

  private static HostTensor paddedHead(Checkpoint original) {
    HostTensor embedding = original.tensor("wte.weight");
    float[] head = new float[(int) embedding.shape().elements()];
    embedding.copyTo(0, head, 0, head.length);
    int width = embedding.shape().size(1);
    for (int row = TOKENS; row < ROWS; row++) {
      Arrays.fill(head, row * width, (row + 1) * width, 0);
      head[row * width] = 4;
    }
    return HostTensor.of("lm_head.weight", embedding.shape(), head);
  }

  @AfterEach
  void close() {
    model.close();
    backend.close();
  }

  private static GenerationRequest request(SamplingParameters sampling) {
    return GenerationRequest.of(new Prompt.Tokens(List.of(5, 17)))
        .withMaxNewTokens(10)
        .withSampling(sampling)
        .withSamples(3);
  }

  @Test
  void paddingIsTheMostProbableAndNeverDrawn() {
    try (Session session = model.session()) {
      float[] logits = session.evaluate(0, new int[] {5, 17})[1];
      int best = 0;
      for (int token = 1; token < ROWS; token++) {
        best = logits[token] > logits[best] ? token : best;
      }
      assertTrue(best >= TOKENS, "the model is no test: it finds token " + best);
    }
    for (SamplingParameters sampling :
        List.of(
            SamplingParameters.greedy(),
            SamplingParameters.random(1),
            SamplingParameters.random(2).withTopK(5).withTemperature(2))) {
      for (Completion completion : model.generate(request(sampling))) {
        assertEquals(10, completion.tokens().size());
        completion.tokens().forEach(token -> assertTrue(token < TOKENS, "drew " + token));
        assertEquals(
            model.tokenizer().decode(completion.tokens().stream().mapToInt(t -> t).toArray()),
            completion.text());
      }
    }
  }

  /** One that was restricted leaves, and what takes its place is still kept from the padding. */
  @Test
  void restrictionsAreLiftedToThoseTokensOnly() {
    GenerationRequest few =
        request(SamplingParameters.greedy()).withAllowedTokens(Set.of(3, 4)).withMaxNewTokens(2);
    List<Completion> completions =
        model.generate(List.of(few, request(SamplingParameters.greedy())), _ -> {});
    completions
        .subList(0, 3)
        .forEach(completion -> assertTrue(Set.of(3, 4).containsAll(completion.tokens())));
    completions
        .subList(3, 6)
        .forEach(
            completion ->
                completion.tokens().forEach(token -> assertTrue(token < TOKENS, "drew " + token)));
  }

  @Test
  void aSessionsDecoderDrawsNoneEither() {
    try (Session session = model.session()) {
      session.prefill(0, new int[] {5, 17});
      try (Decoder decoder = session.decoder(SamplingParameters.greedy(), 0)) {
        for (int i = 0; i < 8; i++) {
          assertTrue(decoder.next()[0] < TOKENS);
        }
      }
    }
  }

  /** As PyTorch has it: the probability of the padding is missing from the others. */
  @Test
  void scoresCountThePadding() {
    Score score = model.score(new int[] {5, 17, 310}, ScoreOptions.defaults().withTopLogprobs(3));
    Score.TokenScore last = score.tokens().getLast();
    assertEquals(310, last.token());
    assertTrue(last.logprob().getAsDouble() > Math.log(1.0 / ROWS));
    last.top().forEach(top -> assertTrue(top.token() >= TOKENS));
  }

  @Test
  void whoAsksForPaddingIsTold() {
    GenerationRequest padding =
        request(SamplingParameters.greedy()).withAllowedTokens(Set.of(3, 305));
    assertEquals(
        "the allowed tokens: token 305 only pads the vocabulary and has no text",
        assertThrows(IllegalArgumentException.class, () -> model.start(padding)).getMessage());
  }
}
