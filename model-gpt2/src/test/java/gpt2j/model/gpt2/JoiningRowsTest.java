package gpt2j.model.gpt2;

import static gpt2j.model.gpt2.TinyModels.CONTEXT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import gpt2j.spi.ForwardingBackend;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences join a decoder, leave it and come back, and draw what they would draw alone. */
final class JoiningRowsTest {
  private static final int SEQUENCES = 6;
  private static final int MOST = 4;

  @TempDir private Path folder;

  private static Backend backend(int depth) {
    BackendOptions options =
        BackendOptions.defaults()
            .withSetting(ReferenceBackendProvider.RUN_AHEAD, Integer.toString(depth));
    return PositionGuard.around(new ReferenceBackendProvider().open(options));
  }

  /** What a sequence holds: a sample, and what it becomes alone. */
  private record Held(Sample sample, GenerationRequest request, Completion alone) {}

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 5})
  void drawWhatTheyWouldDrawAlone(int depth) {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    AtomicInteger recorded = new AtomicInteger();
    try (Backend ahead = backend(depth);
        Backend counting =
            new ForwardingBackend(ahead) {
              @Override
              public Step record(String name, Runnable body) {
                recorded.incrementAndGet();
                return super.record(name, body);
              }
            };
        Gpt2 model = TinyModels.load(directory, counting);
        Gpt2 apart = TinyModels.load(directory, ahead)) {
      for (int seed = 0; seed < 60; seed++) {
        recorded.set(0);
        int compared = play(model, apart, new Random(seed), "seed " + seed);
        assertTrue(compared > 20, "seed " + seed + ": " + compared);
        assertTrue(recorded.get() <= (depth == 0 ? MOST : 3), "steps of " + recorded);
      }
    }
  }

  private static int play(Gpt2 model, Gpt2 apart, Random random, String name) {
    int[] compared = {0};
    Map<Integer, Held> drawing = new HashMap<>(); // by sequence
    Map<Integer, Held> idle = new HashMap<>();
    SessionOptions options =
        SessionOptions.defaults().withSequences(SEQUENCES).withCapacity(CONTEXT);
    try (Session session = model.session(options);
        Decoder decoder = session.decoder(MOST)) {
      for (int move = 0; move < 60; move++) {
        int sequence = random.nextInt(SEQUENCES);
        if (drawing.containsKey(sequence)) {
          if (random.nextInt(3) == 0) {
            decoder.leave(sequence);
            idle.put(sequence, drawing.remove(sequence));
          }
        } else if (drawing.size() < MOST) {
          Held held = random.nextBoolean() ? idle.get(sequence) : null;
          if (held == null) {
            held = hold(apart, random);
            session.clear(sequence);
            int[] text = held.sample().window();
            if (text.length > 1) {
              session.prefill(sequence, Arrays.copyOf(text, text.length - 1));
            }
          }
          idle.remove(sequence);
          drawing.put(sequence, held);
          decoder.join(sequence, held.sample());
        }
        for (int steps = random.nextInt(3); steps > 0 && !drawing.isEmpty(); steps--) {
          decoder.next(
              (drawn, token) -> {
                Held held = drawing.get(drawn);
                int position = held.sample().drawn().length;
                assertEquals(held.alone().tokens().get(position), token, name);
                compared[0]++;
                held.sample().push(token);
                if (held.sample().finishReason() != null) {
                  decoder.leave(drawn);
                  drawing.remove(drawn);
                }
              });
        }
      }
    }
    return compared[0];
  }

  private static Held hold(Gpt2 apart, Random random) {
    SamplingParameters sampling =
        SamplingParameters.random(random.nextLong())
            .withTemperature(4)
            .withTopK(random.nextBoolean() ? 0 : 20)
            .withRepetitionPenalty(random.nextBoolean() ? 1 : 1.4f)
            .withFrequencyPenalty(random.nextBoolean() ? 0 : 0.5f);
    GenerationRequest request =
        GenerationRequest.of(
                Prompt.of(TinyModels.tokens(1 + random.nextInt(CONTEXT - 1), random.nextInt())))
            .withSampling(sampling)
            .withAllowedTokens(random.nextInt(3) == 0 ? Set.of(1, 2, 3, 5, 8, 13, 21) : null);
    Completion alone = apart.generate(request).getFirst();
    return new Held(Sample.of(apart, request, 0).getFirst(), request, alone);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    try (Backend backend = backend(0);
        Gpt2 model = TinyModels.load(directory, backend);
        Session session = model.session(SessionOptions.defaults().withSequences(3));
        Decoder decoder = session.decoder(1)) {
      Sample sample = Sample.of(model, GenerationRequest.of(Prompt.of(1)), 0).getFirst();
      assertThrows(IllegalStateException.class, () -> decoder.next((sequence, token) -> {}));
      assertThrows(IllegalArgumentException.class, () -> decoder.leave(0));
      assertThrows(IllegalArgumentException.class, () -> decoder.join(3, sample));
      decoder.join(0, sample);
      assertThrows(IllegalArgumentException.class, () -> decoder.join(0, sample));
      assertThrows(IllegalStateException.class, () -> decoder.join(1, sample));
      List<Integer> told = new ArrayList<>();
      decoder.next((sequence, token) -> told.add(sequence));
      assertEquals(List.of(0), told);
      decoder.leave(0);
      assertThrows(IllegalStateException.class, () -> decoder.next((sequence, token) -> {}));
      assertThrows(IllegalArgumentException.class, () -> session.decoder(4));
    }
  }

  @Test
  void aPrefixIsForked() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    try (Backend backend = backend(0);
        Gpt2 model = TinyModels.load(directory, backend);
        Session session = model.session(SessionOptions.defaults().withSequences(2))) {
      session.prefill(0, 1, 2, 3, 4);
      session.fork(0, 1, 2);
      assertArrayEquals(new int[] {1, 2}, session.tokens(1));
      assertThrows(IllegalStateException.class, () -> session.logits(1));
      float[][] after = session.evaluate(1, 5);
      session.clear(0);
      assertArrayEquals(session.evaluate(0, 1, 2, 5)[2], after[0]);
      assertThrows(IllegalArgumentException.class, () -> session.fork(0, 1, 4));
      session.fork(0, 1, 3);
      assertArrayEquals(session.logits(0), session.logits(1));
    }
  }
}
