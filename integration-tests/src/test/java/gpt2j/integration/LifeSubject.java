package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.ScoreOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A model on one kind of backend, as small as one with all parts can be, and what it answers when
 * nobody disturbs it. What is tested lies between the products, not in them.
 */
final class LifeSubject implements AutoCloseable {
  /** Tokens of a prompt, and drawn, at most. */
  static final int MOST_TOKENS = 20;

  private static final int CONTEXT = 48;

  private final BackendProvider provider;
  private final Tokenizer tokenizer = Tokenizer.gpt2();
  private final Checkpoint checkpoint;
  private final int[] text;
  private final List<int[]> continuations; // by the length of the prompt, from 1 on
  private final List<Double> scores; // by the length of the text, from 2 on

  LifeSubject(BackendProvider provider, Path folder) throws IOException {
    this.provider = provider;
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(33)
            .contextLength(CONTEXT)
            .embeddingWidth(8)
            .layers(2)
            .heads(2)
            .bosToken(OptionalInt.empty())
            .eosTokens(List.of())
            .build();
    RandomCheckpoint.write(folder, config, 1, DataType.F32, fraction -> {});
    checkpoint = Checkpoint.open(folder);
    text = new Random(2).ints(CONTEXT, 0, config.vocabularySize()).toArray();
    try (Backend backend = open();
        Gpt2 model = load(backend, LoadOptions.defaults())) {
      continuations =
          IntStream.range(1, MOST_TOKENS).mapToObj(length -> continuation(model, length)).toList();
      scores =
          IntStream.range(2, CONTEXT)
              .mapToObj(length -> model.score(text(length), ScoreOptions.defaults()).meanNll())
              .toList();
    }
  }

  Backend open() {
    return provider.open(BackendOptions.defaults().withThreads(2));
  }

  Gpt2 load(Backend on, LoadOptions options) {
    return Gpt2.load(checkpoint, tokenizer, on, options);
  }

  /** The first tokens of the one text that is used. */
  int[] text(int length) {
    return Arrays.copyOf(text, length);
  }

  private int[] continuation(Gpt2 model, int length) {
    GenerationRequest request =
        GenerationRequest.of(Prompt.of(text(length))).withMaxNewTokens(MOST_TOKENS);
    return LifeRound.tokens(model.generate(request).getFirst());
  }

  /** Fails unless these are the first tokens of what the model goes on with. */
  void requireContinuation(int[] prompt, int[] tokens) {
    assertArrayEquals(Arrays.copyOf(continuations.get(prompt.length - 1), tokens.length), tokens);
  }

  double meanNll(int[] tokens) {
    return scores.get(tokens.length - 2);
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
