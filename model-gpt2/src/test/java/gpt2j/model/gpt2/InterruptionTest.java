package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.training.TrainingBatch;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingOptions;
import gpt2j.model.gpt2.training.TrainingTensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** An interrupted thread ends its work before the next piece, and stays interrupted. */
@Timeout(60)
class InterruptionTest {
  @TempDir private static Path folder;

  private final WatchedBackend backend = new WatchedBackend(TinyModels.reference());
  private Path directory;
  private Gpt2 model;
  private int pieces;

  @BeforeEach
  void load() {
    directory = TinyModels.write(folder, TinyModels.config().build(), 1);
    model = TinyModels.load(directory, backend);
  }

  @AfterEach
  void close() {
    model.close();
    backend.close();
  }

  /** Has the thread interrupted in the middle of its {@code last} piece of work. */
  private void interruptIn(int last) {
    pieces = 0;
    backend.watch(
        () -> {
          if (++pieces == last) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private void assertCancelled(int last, Executable work) {
    interruptIn(last);
    assertThrows(CancellationException.class, work);
    assertTrue(Thread.interrupted(), "it stays interrupted");
    assertEquals(last, pieces);
  }

  @Test
  void aGenerationIsCancelled() {
    interruptIn(3);
    GenerationRequest request = GenerationRequest.of(Prompt.of(1, 2)).withMaxNewTokens(8);
    Completion completion = model.generate(request).getFirst();
    assertTrue(Thread.interrupted(), "it stays interrupted");
    assertEquals(FinishReason.CANCELLED, completion.finishReason());
    assertEquals(3, completion.tokens().size()); // the prefill, then two steps
  }

  @Test
  void aGenerationThatIsInterruptedBefore() {
    Thread.currentThread().interrupt();
    GenerationRequest request = GenerationRequest.of(Prompt.of(1, 2)).withMaxNewTokens(8);
    Completion completion = model.generate(request).getFirst();
    assertTrue(Thread.interrupted(), "it stays interrupted");
    assertEquals(FinishReason.CANCELLED, completion.finishReason());
    assertEquals(List.of(), completion.tokens());
  }

  @Test
  void aPrefillHoldsWhatWasEvaluated() {
    int[] tokens = TinyModels.tokens(9, 1);
    try (Session session = model.session(SessionOptions.defaults().withPrefillChunk(2));
        Session other = model.session()) {
      assertCancelled(3, () -> session.prefill(0, tokens));
      assertEquals(6, session.length(0));
      session.prefill(0, tokens[6], tokens[7], tokens[8]);
      other.prefill(0, tokens);
      assertArrayEquals(other.logits(0), session.logits(0), 1e-6f);
    }
  }

  @Test
  void decodingChangesNothing() {
    try (Session session = model.session();
        Session other = model.session();
        Decoder decoder = session.decoder(SamplingParameters.greedy(), 0);
        Decoder undisturbed = other.decoder(SamplingParameters.greedy(), 0)) {
      session.prefill(0, 1, 2);
      other.prefill(0, 1, 2);
      for (int step = 0; step < 6; step++) {
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, decoder::next);
        assertTrue(Thread.interrupted());
        assertEquals(undisturbed.next()[0], decoder.next()[0], "step " + step);
      }
    }
  }

  @Test
  void evaluatingScoringAndLoading() {
    try (Session session = model.session(SessionOptions.defaults().withPrefillChunk(2))) {
      assertCancelled(2, () -> session.evaluate(0, TinyModels.tokens(9, 1)));
      assertCancelled(1, () -> model.score(TinyModels.tokens(40, 1), ScoreOptions.defaults()));
      long before = backend.memory().total();
      Thread.currentThread().interrupt();
      assertThrows(RuntimeException.class, () -> TinyModels.load(directory, backend));
      assertTrue(Thread.interrupted());
      assertEquals(before, backend.memory().total());
    }
  }

  @Test
  void waitingForTheLockEnds() throws InterruptedException {
    AtomicReference<Throwable> end = new AtomicReference<>();
    try (Session session = model.session()) {
      backend.lock().lock();
      try {
        Thread waiting =
            backend.startQueued(
                () -> {
                  try {
                    session.prefill(0, 1);
                  } catch (Throwable e) {
                    end.set(Thread.currentThread().isInterrupted() ? e : null);
                  }
                });
        waiting.interrupt();
        waiting.join(); // while the lock is held
      } finally {
        backend.lock().unlock();
      }
      assertEquals(CancellationException.class, end.get().getClass());
      assertEquals(0, session.length(0));
    }
  }

  /** As if it hadn't been called: the updates behind it are those of an undisturbed model. */
  @Test
  void aTrainingStepIsUndone() {
    TrainingOptions options = TrainingOptions.of(1, 4).withDropout(0.3f);
    TrainingBatch first = new TrainingBatch(new int[] {1, 2, 3, 4}, new int[] {2, 3, 4, 5});
    TrainingBatch second = new TrainingBatch(new int[] {9, 8, 7, 6}, new int[] {8, 7, 6, 5});
    try (TrainingModel disturbed = TrainingModel.random(model.config(), options, backend);
        TrainingModel other = TrainingModel.random(model.config(), options, backend);
        Arena arena = Arena.ofConfined()) {
      for (int last = 1; last <= 3; last++) {
        int micro = last;
        assertCancelled(last, () -> disturbed.trainStep(List.of(first, second, first), 1e-2));
        assertFalse(Thread.currentThread().isInterrupted(), "piece " + micro);
        assertEquals(other.updates(), disturbed.updates());
        assertEquals(other.passes(), disturbed.passes());
        double loss = other.trainStep(List.of(first, second), 1e-2).loss().mean();
        assertEquals(loss, disturbed.trainStep(List.of(first, second), 1e-2).loss().mean());
      }
      for (String name : other.shapes(TrainingTensor.PARAMETER).keySet()) {
        HostTensor expected = other.read(TrainingTensor.PARAMETER, name, arena);
        HostTensor actual = disturbed.read(TrainingTensor.PARAMETER, name, arena);
        assertEquals(-1, expected.data().mismatch(actual.data()), name);
      }
    }
  }
}
