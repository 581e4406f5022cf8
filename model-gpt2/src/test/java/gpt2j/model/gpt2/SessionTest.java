package gpt2j.model.gpt2;

import static gpt2j.model.gpt2.TinyModels.CONTEXT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.SamplingParameters;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What a session says to misuse. What it computes is for the integration tests' contract. */
final class SessionTest {
  @TempDir private Path folder;
  private Backend backend;
  private Gpt2 model;
  private Session session;

  @BeforeEach
  void load() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 5);
    backend = TinyModels.reference();
    model = TinyModels.load(directory, backend);
    session = model.session(SessionOptions.defaults().withSequences(3).withCapacity(8));
  }

  @AfterEach
  void close() {
    session.close();
    model.close();
    assertEquals(0, backend.memory().total());
    backend.close();
  }

  @Test
  void refusesWrongArguments() {
    illegal("there is no sequence 3; the session's sequences are 0 … 2", () -> session.length(3));
    illegal("there is no sequence -1;", () -> session.prefill(-1, 1));
    illegal("token 61 at index 1 is outside the vocabulary", () -> session.prefill(0, 1, 61));
    illegal("token -5 at index 0 is outside the vocabulary", () -> session.evaluate(0, -5));
    illegal("there are no tokens to append to sequence 1", () -> session.prefill(1));
    illegal(
        "sequence 2 occurs twice in one batch",
        () -> session.prefill(List.of(new Extension(2, 1), new Extension(2, 3))));
    illegal("can't fork sequence 1 into itself", () -> session.fork(1, 1));
    illegal(
        "capacity must be at most the model's context of 12 tokens, not 13",
        () -> model.session(SessionOptions.defaults().withCapacity(13)));
    session.prefill(0, 1, 2);
    illegal("can't roll back 3 tokens of sequence 0, which holds 2", () -> session.rollBack(0, 3));
    illegal("can't roll back -1 tokens of sequence 0", () -> session.rollBack(0, -1));
    SamplingParameters greedy = SamplingParameters.greedy();
    illegal("a decoder takes 1 … 3 sequences, not 0", () -> session.decoder(greedy));
    illegal("sequence 0 occurs twice in one batch", () -> session.decoder(greedy, 0, 0));
  }

  /** What was reserved and given back is taken again where tokens are appended. */
  @Test
  void memoryIsTakenBeforehandAndGivenBack() {
    session.reserve(0, 8);
    session.prefill(0, 1, 2, 3);
    session.prefill(1, 4, 5);
    float[] before = session.logits(0);
    session.trim();
    assertArrayEquals(before, session.logits(0));
    float[] further = session.evaluate(0, 4)[0];
    session.clear(1);
    session.trim();
    session.prefill(1, 1, 2, 3);
    assertArrayEquals(further, session.evaluate(1, 4)[0]);
    illegal("a sequence has room for 8 tokens, not 9", () -> session.reserve(0, 9));
    illegal("a sequence has room for 8 tokens, not -1", () -> session.reserve(0, -1));
    illegal("there is no sequence 3", () -> session.reserve(3, 1));
  }

  @Test
  void refusesWhatDoesntFit() {
    session.prefill(1, 1, 2, 3);
    illegalState(
        "sequence 1 holds 3 of at most 8 tokens; 6 more don't fit",
        () -> session.prefill(1, 1, 2, 3, 4, 5, 6));
    // One of two doesn't fit: neither is evaluated.
    assertThrows(
        IllegalStateException.class,
        () -> session.prefill(List.of(new Extension(0, 1), new Extension(1, new int[6]))));
    assertEquals(0, session.length(0));
    assertArrayEquals(new int[] {1, 2, 3}, session.tokens(1));

    try (Session small = model.session(SessionOptions.defaults().withCapacity(2))) {
      illegalState(
          "can't fork sequence 1, which holds 3 tokens, into a session with room for 2",
          () -> session.fork(1, small, 0));
    }
  }

  @Test
  void refusesLogitsThatArentThere() {
    String message = "there are no logits for sequence 0: prefill at least one token first";
    illegalState(message, () -> session.logits(0));
    session.prefill(0, 1, 2);
    session.logits(0);
    session.rollBack(0, 0);
    session.logits(0);
    session.rollBack(0, 1);
    illegalState(message, () -> session.logits(0));
    try (Decoder decoder = session.decoder(SamplingParameters.greedy(), 0)) {
      illegalState(message, decoder::next);
      session.prefill(0, 2);
      decoder.next();
      decoder.next();
      session.rollBack(0, 1);
      illegalState(message, decoder::next);
    }
  }

  @Test
  void decodesUntilFull() {
    session.prefill(0, TinyModels.tokens(6, 1));
    try (Decoder decoder = session.decoder(SamplingParameters.greedy(), 0)) {
      int[] drawn = {decoder.next()[0], decoder.next()[0], decoder.next()[0]};
      assertEquals(8, session.length(0));
      illegalState("sequence 0 is full: it holds 8 tokens", decoder::next);
      int[] tokens = session.tokens(0);
      assertEquals(drawn[0], tokens[6]);
      assertEquals(drawn[1], tokens[7]);
    }
  }

  @Test
  void refusesOnceClosed() {
    session.prefill(0, 1, 2);
    Decoder decoder = session.decoder(SamplingParameters.greedy(), 0);
    Decoder closed = session.decoder(SamplingParameters.greedy(), 0);
    closed.close();
    closed.close();
    illegalState("the decoder is closed", closed::next);
    session.close();
    session.close();
    illegalState("the session is closed", decoder::next);
    illegalState("the session is closed", () -> session.prefill(0, 1));
    illegalState("the session is closed", () -> session.evaluate(0, 1));
    illegalState("the session is closed", () -> session.logits(0));
    illegalState("the session is closed", () -> session.rollBack(0, 1));
    illegalState("the session is closed", () -> session.fork(0, 1));
    illegalState("the session is closed", () -> session.decoder(SamplingParameters.greedy(), 0));
    decoder.close();
  }

  @Test
  void refusesAnotherModel() {
    Path directory = TinyModels.write(folder, TinyModels.config().build(), 6);
    try (Gpt2 other = TinyModels.load(directory, backend);
        Session target = other.session()) {
      illegal(
          "can't fork a sequence into a session of another model",
          () -> session.fork(0, target, 0));
    }
  }

  @Test
  void cancelsBetweenChunks() {
    try (Session chunked = model.session(SessionOptions.defaults().withPrefillChunk(2))) {
      int[] tokens = TinyModels.tokens(CONTEXT, 1);
      assertThrows(
          CancellationException.class,
          () -> chunked.prefill(List.of(new Extension(0, tokens)), () -> chunked.length(0) == 6));
      assertEquals(6, chunked.length(0));
      float[][] rest = chunked.evaluate(0, java.util.Arrays.copyOfRange(tokens, 6, CONTEXT));
      chunked.clear(0);
      assertArrayEquals(chunked.evaluate(0, tokens)[CONTEXT - 1], rest[CONTEXT - 7], 1e-5f);
    }
  }

  private static void illegal(String message, Executable misuse) {
    says(message, assertThrows(IllegalArgumentException.class, misuse));
  }

  private static void illegalState(String message, Executable misuse) {
    says(message, assertThrows(IllegalStateException.class, misuse));
  }

  private static void says(String message, Exception e) {
    assertTrue(String.valueOf(e.getMessage()).startsWith(message), e.getMessage());
  }
}
