package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.training.TrainingBatch;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Another thread closes something in the middle of its use: the step ends, the next one can't. */
@Timeout(60)
class ClosingTest {
  @TempDir private static Path folder;

  private final WatchedBackend backend = new WatchedBackend(TinyModels.reference());
  private Gpt2 model;

  @BeforeEach
  void load() {
    model = TinyModels.load(TinyModels.write(folder, TinyModels.config().build(), 1), backend);
  }

  @AfterEach
  void close() {
    model.close();
    backend.close();
  }

  /** In the middle of the second step or so, another thread comes to close. */
  private void assertCloses(AutoCloseable handle, String message, Executable use)
      throws InterruptedException {
    int[] steps = {0};
    Thread[] closer = new Thread[1];
    backend.watch(
        () -> {
          if (++steps[0] == 2) {
            closer[0] =
                backend.startQueued(
                    () -> {
                      try {
                        handle.close();
                      } catch (Exception e) {
                        throw new AssertionError(e);
                      }
                    });
          }
        });
    assertEquals(message, assertThrows(IllegalStateException.class, use).getMessage());
    closer[0].join();
    assertEquals(2, steps[0], "steps");
  }

  @Test
  void generation() throws InterruptedException {
    Generation generation = model.start(request());
    assertCloses(
        generation, "the generation is closed", () -> generation.forEachRemaining(e -> {}));
    assertEquals(FinishReason.CANCELLED, generation.completions().getFirst().finishReason());
    assertThrows(IllegalStateException.class, generation::hasNext);
    assertThrows(IllegalStateException.class, generation::next);
    assertGivenBack();
  }

  @Test
  void modelOfAGeneration() throws InterruptedException {
    Generation generation = model.start(request());
    assertCloses(model, "the model is closed", () -> generation.forEachRemaining(e -> {}));
    assertFalse(generation.hasNext());
    assertGivenBack();
  }

  @Test
  void backendOfAGeneration() throws InterruptedException {
    Generation generation = model.start(request());
    assertCloses(
        backend, "the reference backend is closed", () -> generation.forEachRemaining(e -> {}));
    assertFalse(generation.hasNext());
  }

  private static GenerationRequest request() {
    return GenerationRequest.of(Prompt.of(1, 2)).withMaxNewTokens(8).withSamples(2);
  }

  @Test
  void sessionInAPrefill() throws InterruptedException {
    Session session = model.session(SessionOptions.defaults().withPrefillChunk(2));
    assertCloses(
        session, "the session is closed", () -> session.prefill(0, TinyModels.tokens(9, 1)));
    assertGivenBack();
  }

  @Test
  void sessionOfADecoder() throws InterruptedException {
    Session session = model.session();
    session.prefill(0, 1);
    Decoder decoder = session.decoder(SamplingParameters.greedy(), 0);
    assertCloses(
        session,
        "the session is closed",
        () -> {
          while (true) {
            decoder.next();
          }
        });
    decoder.close();
    assertGivenBack();
  }

  @Test
  void modelInAScore() throws InterruptedException {
    assertCloses(
        model,
        "the model is closed",
        () -> model.score(TinyModels.tokens(40, 1), ScoreOptions.defaults()));
    assertGivenBack();
  }

  @Test
  void trainingModel() throws InterruptedException {
    TrainingOptions options = TrainingOptions.of(1, 4);
    TrainingModel training = TrainingModel.random(model.config(), options, backend);
    TrainingBatch batch = new TrainingBatch(new int[] {1, 2, 3, 4}, new int[] {2, 3, 4, 5});
    assertCloses(
        training,
        "the training model is closed",
        () -> training.trainStep(List.of(batch, batch, batch), 1e-3));
    model.close();
    assertEquals(0, backend.memory().total());
  }

  private void assertGivenBack() {
    model.close();
    assertEquals(0, backend.memory().total(), "memory");
  }

  @Test
  void closedByTheOneThatIterates() {
    Generation generation = model.start(request());
    generation.next();
    generation.close();
    String message = assertThrows(IllegalStateException.class, generation::hasNext).getMessage();
    assertEquals("the generation is closed", message);
  }

  /** All is computed, and something of it not taken yet. */
  @Test
  void closedBeforeTheLastEventWasTaken() {
    Generation generation = model.start(request().withMaxNewTokens(1));
    assertTrue(generation.hasNext());
    generation.close();
    String message = assertThrows(IllegalStateException.class, generation::next).getMessage();
    assertEquals("the generation is closed", message);
    assertEquals(FinishReason.MAX_NEW_TOKENS, generation.completions().getFirst().finishReason());
  }

  @Test
  void closedAfterItsEnd() {
    Generation generation = model.start(request());
    generation.forEachRemaining(event -> {});
    generation.close();
    assertFalse(generation.hasNext());
    assertThrows(NoSuchElementException.class, generation::next);
  }
}
