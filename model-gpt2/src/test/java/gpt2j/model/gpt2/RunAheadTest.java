package gpt2j.model.gpt2;

import static gpt2j.model.gpt2.TinyModels.CONTEXT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A device that is some steps ahead of the host changes nothing. The reference backend plays it; a
 * guard before it finds steps that go past the end of a cache.
 */
final class RunAheadTest {
  private static final List<SamplingParameters> SAMPLINGS =
      List.of(
          SamplingParameters.greedy(),
          SamplingParameters.random(3).withTemperature(4),
          SamplingParameters.random(4).withTemperature(4).withTopK(20).withRepetitionPenalty(1.4f),
          SamplingParameters.greedy().withRepetitionPenalty(1.9f));

  @TempDir private Path folder;

  static IntStream depths() {
    return IntStream.rangeClosed(1, 8);
  }

  private static Backend backend(int depth) {
    BackendOptions options =
        BackendOptions.defaults()
            .withSetting(ReferenceBackendProvider.RUN_AHEAD, Integer.toString(depth));
    return PositionGuard.around(new ReferenceBackendProvider().open(options));
  }

  @ParameterizedTest
  @MethodSource("depths")
  void generationsAreTheSame(int depth) {
    Gpt2Config config = TinyModels.config().eosTokens(List.of(7, 33)).build();
    Path directory = TinyModels.write(folder, config, 5);
    try (Backend apart = backend(0);
        Backend ahead = backend(depth);
        Gpt2 expected = TinyModels.load(directory, apart);
        Gpt2 model = TinyModels.load(directory, ahead)) {
      Random random = new Random(depth);
      for (int round = 0; round < 60; round++) {
        GenerationRequest request = request(random);
        int events = random.nextInt(4) == 0 ? random.nextInt(20) : Integer.MAX_VALUE;
        assertEquals(
            results(expected, request, events),
            results(model, request, events),
            () -> request.toString());
      }
      long weights = model.weightBytes();
      assertEquals(weights, ahead.memory().total(), "all but the weights given back");
    }
  }

  /** Anything may end a sample: its length, the context, a stop string, the end of the text. */
  private static GenerationRequest request(Random random) {
    ContextOverflow[] overflows = ContextOverflow.values();
    List<Prompt> prompts = new ArrayList<>();
    for (int count = 1 + random.nextInt(3); count > 0; count--) {
      prompts.add(Prompt.of(TinyModels.tokens(1 + random.nextInt(CONTEXT), random.nextInt())));
    }
    return GenerationRequest.of(prompts.getFirst())
        .withPrompts(prompts)
        .withSamples(1 + random.nextInt(3))
        .withSampling(SAMPLINGS.get(random.nextInt(SAMPLINGS.size())))
        .withMaxNewTokens(1 + random.nextInt(2 * CONTEXT))
        .withStopAtEndOfText(random.nextBoolean())
        .withStopStrings(random.nextBoolean() ? new String[0] : new String[] {"8", "A!", ","})
        .withContextOverflow(overflows[random.nextInt(overflows.length)]);
  }

  /** What there is to see of a generation that is cancelled after some events. */
  private static List<String> results(Gpt2 model, GenerationRequest request, int events) {
    List<String> results = new ArrayList<>();
    try (Generation generation = model.start(request)) {
      for (int i = 0; i < events && generation.hasNext(); i++) {
        GenerationEvent event = generation.next();
        results.add(event.index() + event.text());
      }
      generation.cancel();
      generation.forEachRemaining(event -> results.add(event.index() + event.text()));
      for (Completion completion : generation.completions()) {
        results.add(completion.tokens() + completion.text() + completion.finishReason());
      }
    }
    return results;
  }

  /** Drawing, rolling back, prefilling and forking in any order. */
  @ParameterizedTest
  @MethodSource("depths")
  void sessionsAreTheSame(int depth) {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 6);
    try (Backend apart = backend(0);
        Backend ahead = backend(depth);
        Gpt2 expected = TinyModels.load(directory, apart);
        Gpt2 model = TinyModels.load(directory, ahead)) {
      for (int seed = 0; seed < 60; seed++) {
        List<String> plain = play(expected, seed);
        assertTrue(plain.size() > 10);
        assertEquals(plain, play(model, seed), "seed " + seed);
      }
    }
  }

  private static List<String> play(Gpt2 model, int seed) {
    Random random = new Random(seed);
    SamplingParameters sampling = SAMPLINGS.get(seed % SAMPLINGS.size());
    List<String> seen = new ArrayList<>();
    SessionOptions options = SessionOptions.defaults().withSequences(3).withCapacity(CONTEXT);
    try (Session session = model.session(options)) {
      session.prefill(0, 1, 2, 3);
      session.prefill(1, 4);
      session.prefill(2, 5, 6);
      try (Decoder decoder = session.decoder(sampling, 0, 1)) {
        for (int move = 0; move < 30; move++) {
          seen.add(move(session, decoder, random));
        }
      }
      for (int sequence = 0; sequence < 3; sequence++) {
        seen.add(Arrays.toString(session.tokens(sequence)));
      }
    }
    return seen;
  }

  private static String move(Session session, Decoder decoder, Random random) {
    int sequence = random.nextInt(3);
    try {
      switch (random.nextInt(12)) {
        case 0 -> session.rollBack(sequence, Math.min(2, session.length(sequence)));
        case 1 -> session.prefill(sequence, random.nextInt(TinyModels.VOCABULARY));
        case 2 -> session.fork(sequence, (sequence + 1) % 3);
        case 3 -> {
          return Arrays.toString(session.evaluate(2, random.nextInt(TinyModels.VOCABULARY))[0]);
        }
        case 4 -> {
          session.clear(sequence);
          session.prefill(sequence, 9, 8);
        }
        default -> {
          return Arrays.toString(decoder.next());
        }
      }
      return "done";
    } catch (IllegalStateException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
