package gpt2j.model.gpt2;

import static gpt2j.model.gpt2.TinyModels.CONTEXT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DecoderTest {
  private static final SamplingParameters RANDOM =
      SamplingParameters.random(3).withTemperature(5).withRepetitionPenalty(1.5f);

  @TempDir private Path folder;
  private Path directory;
  private Backend backend;
  private Gpt2 model;
  private NaiveGpt2 naive;
  private Session session;

  @BeforeEach
  void load() {
    directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    backend = TinyModels.reference();
    model = TinyModels.load(directory, backend);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      naive = new NaiveGpt2(checkpoint);
    }
    session = model.session(SessionOptions.defaults().withSequences(3));
    session.prefill(0, 1, 2);
    session.prefill(1, 3, 4, 5);
    session.prefill(2, 6);
  }

  @AfterEach
  void close() {
    session.close();
    model.close();
    assertEquals(0, backend.memory().total());
    backend.close();
  }

  /** Draws as many tokens as fit, of one sequence that nothing else is done to. */
  private int[] alone(int sequence, long stream, int... tokens) {
    try (Session other = model.session()) {
      other.prefill(0, tokens);
      try (Decoder decoder =
          other.decoder(List.of(new Decoder.Row(0, RANDOM, stream, DrawHistory.of(tokens))))) {
        int[] drawn = new int[6];
        Arrays.setAll(drawn, i -> decoder.next()[0]);
        return drawn;
      }
    }
  }

  @Test
  void rowsTakeTheirSequencesInAnyOrder() {
    try (Decoder decoder = session.decoder(RANDOM, 2, 0)) {
      int[] two = alone(2, 0, 6);
      int[] zero = alone(0, 1, 1, 2);
      for (int i = 0; i < 6; i++) {
        assertArrayEquals(new int[] {two[i], zero[i]}, decoder.next());
      }
      assertEquals(3, session.length(1));
    }
  }

  @Test
  void decodersOfOneSessionTakeTurns() {
    int[] zero = alone(0, 0, 1, 2);
    int[] one = alone(1, 0, 3, 4, 5);
    try (Decoder a = session.decoder(RANDOM, 0);
        Decoder b = session.decoder(RANDOM, 1)) {
      for (int i = 0; i < 6; i++) {
        assertEquals(zero[i], a.next()[0]);
        assertEquals(one[i], b.next()[0]);
        session.prefill(2, i); // nor does a prefill beside them disturb
      }
    }
  }

  /** What is prefilled in between takes the place of the token drawn before. */
  @Test
  void followsAPrefill() {
    SamplingParameters greedy = SamplingParameters.greedy();
    try (Decoder decoder = session.decoder(greedy, 0)) {
      decoder.next();
      session.prefill(0, 7, 8);
      int[] text = {1, 2, 7, 8};
      while (text.length < CONTEXT) {
        int next = decoder.next()[0];
        assertEquals(NaiveGpt2.argMax(naive.logits(text)[text.length - 1]), next);
        text = Arrays.copyOf(text, text.length + 1);
        text[text.length - 1] = next;
      }
    }
  }

  /** A draw of its own number: the second draw of two is not the first again. */
  @Test
  void drawsGoOnFromTheirNumber() {
    int[] whole = alone(0, 4, 1, 2);
    session.prefill(0, whole[0], whole[1]);
    DrawHistory history = DrawHistory.of(new int[] {1, 2}, whole[0], whole[1]);
    try (Decoder decoder = session.decoder(List.of(new Decoder.Row(0, RANDOM, 4, history)))) {
      for (int i = 2; i < 6; i++) {
        assertEquals(whole[i], decoder.next()[0]);
      }
    }
  }

  /** Rows leave one after another; those that stay draw what they would have drawn anyway. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void rowsMayLeave(int runAhead) {
    try (Backend ahead =
            new ReferenceBackendProvider()
                .open(
                    BackendOptions.defaults()
                        .withSetting(ReferenceBackendProvider.RUN_AHEAD, "" + runAhead));
        Gpt2 other = TinyModels.load(directory, ahead);
        Session together =
            other.session(SessionOptions.defaults().withSequences(5).withCapacity(CONTEXT))) {
      List<Decoder.Row> rows = new ArrayList<>();
      int[][] expected = new int[5][];
      for (int i = 0; i < 5; i++) {
        int[] prompt = {i + 1, 2};
        SamplingParameters own =
            i % 2 == 0
                ? RANDOM.withSeed(i).withFrequencyPenalty(0.5f)
                : RANDOM.withTopK(3 + i).withRepetitionPenalty(1.3f);
        together.prefill(i, prompt);
        rows.add(new Decoder.Row(i, own, 7 * i, DrawHistory.of(prompt)));
        expected[i] = alone(other, rows.getLast(), prompt);
      }
      try (Decoder decoder = together.decoder(rows)) {
        List<Integer> left = new ArrayList<>(List.of(0, 1, 2, 3, 4));
        for (int step = 0; step < 5; step++) {
          int[] drawn = decoder.next();
          assertEquals(left.size(), drawn.length);
          for (int i = 0; i < drawn.length; i++) {
            assertEquals(expected[left.get(i)][step], drawn[i], "step " + step + ", row " + i);
          }
          left.remove(Integer.valueOf(new int[] {3, 0, 4, 2, 1}[step]));
          if (!left.isEmpty()) {
            decoder.retain(left::contains);
          }
        }
      }
    }
  }

  private static int[] alone(Gpt2 model, Decoder.Row row, int... prompt) {
    try (Session session = model.session()) {
      session.prefill(0, prompt);
      DrawHistory history = DrawHistory.of(prompt);
      try (Decoder decoder =
          session.decoder(List.of(new Decoder.Row(0, row.sampling(), row.stream(), history)))) {
        int[] drawn = new int[5];
        Arrays.setAll(drawn, i -> decoder.next()[0]);
        return drawn;
      }
    }
  }
}
