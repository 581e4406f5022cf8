package gpt2j.model.gpt2.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.FinishReason;
import gpt2j.model.gpt2.GenerationEvent;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.TinyModels;
import gpt2j.model.gpt2.WatchedBackend;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The life of an engine and of what it was given, with threads. */
@Timeout(600) // of a machine that does other things for minutes
final class EngineTest {
  private static final GenerationRequest REQUEST =
      GenerationRequest.of(Prompt.of(1, 2, 3))
          .withSampling(SamplingParameters.random(1).withTemperature(3))
          .withMaxNewTokens(50);

  /** So that requests don't end before they are read. */
  private static final EngineOptions IDLES = EngineOptions.defaults().withUnread(2);

  @TempDir private Path folder;
  private Path directory;
  private WatchedBackend backend;
  private Gpt2 model;

  @BeforeEach
  void load() {
    directory = TinyModels.write(folder, TinyModels.config().contextLength(100).build(), 5);
    backend = new WatchedBackend(TinyModels.reference());
    model = TinyModels.load(directory, backend);
  }

  @AfterEach
  void close() {
    model.close();
    backend.close();
  }

  @Test
  void readsToTheEnd() {
    List<Completion> alone = model.generate(REQUEST.withSamples(3));
    try (Engine engine = Engine.start(model, IDLES);
        Submission submission = engine.submit(REQUEST.withSamples(3))) {
      StringBuilder[] texts = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
      assertThrows(IllegalStateException.class, submission::completions);
      submission.forEachRemaining(event -> texts[event.index()].append(event.text()));
      for (int i = 0; i < 3; i++) {
        assertEquals(alone.get(i).text(), texts[i].toString());
        assertEquals(alone.get(i).tokens(), submission.completions().get(i).tokens());
      }
      assertFalse(submission.hasNext());
      assertTrue(submission.hasEnded());
    }
    assertEquals(model.weightBytes(), backend.memory().total(), "all but the weights given back");
  }

  @Test
  void closingEndsAllRequests() throws InterruptedException {
    Engine engine = Engine.start(model, IDLES.withRows(1));
    CountDownLatch step = new CountDownLatch(1);
    backend.watch(step::countDown);
    Submission runs = engine.submit(REQUEST);
    Submission waits = engine.submit(REQUEST);
    step.await();
    engine.close();
    assertClosed(runs);
    assertClosed(waits);
    assertEquals(
        "the engine is closed",
        assertThrows(IllegalStateException.class, () -> engine.submit(REQUEST)).getMessage());
    engine.close();
    runs.close();
    assertEquals(model.weightBytes(), backend.memory().total());
  }

  private static void assertClosed(Submission submission) {
    IllegalStateException thrown =
        assertThrows(IllegalStateException.class, () -> submission.forEachRemaining(event -> {}));
    assertEquals("the engine is closed", thrown.getMessage());
    assertTrue(submission.hasEnded());
  }

  @Test
  void closingTheModelOrTheBackendEndsAllRequests() {
    Engine one = Engine.start(model, IDLES);
    Submission before = one.submit(REQUEST);
    model.close();
    String message =
        assertThrows(IllegalStateException.class, () -> before.forEachRemaining(event -> {}))
            .getMessage();
    assertEquals("the model is closed", message);
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> one.submit(REQUEST));
    assertEquals("the model is closed", refused.getMessage());
    one.close();
    model = TinyModels.load(directory, backend);
    Engine two = Engine.start(model, IDLES);
    Submission after = two.submit(REQUEST);
    backend.close();
    assertThrows(IllegalStateException.class, () -> after.forEachRemaining(event -> {}));
    two.close();
  }

  @Test
  void interruptingAReaderCancels() {
    try (Engine engine = Engine.start(model, EngineOptions.defaults())) {
      Submission submission = engine.submit(REQUEST);
      submission.next();
      Thread.currentThread().interrupt();
      submission.forEachRemaining(event -> {});
      assertTrue(Thread.interrupted());
      FinishReason reason = submission.completions().getFirst().finishReason();
      assertTrue(reason == FinishReason.CANCELLED || reason == FinishReason.MAX_NEW_TOKENS);
      Submission polled = engine.submit(REQUEST.withMaxNewTokens(1));
      Thread.currentThread().interrupt();
      assertThrows(
          InterruptedException.class,
          () -> {
            while (!polled.hasEnded()) {
              polled.poll(Duration.ofSeconds(100));
              Thread.sleep(1);
            }
          });
      polled.forEachRemaining(event -> {});
      assertEquals(FinishReason.MAX_NEW_TOKENS, polled.completions().getFirst().finishReason());
    }
  }

  @Test
  void aDeadlineWakesAnEngineThatIdles() {
    try (Engine engine = Engine.start(model, EngineOptions.defaults().withUnread(1))) {
      Submission submission =
          engine.submit(EngineRequest.of(REQUEST).withDeadline(Duration.ofMillis(50)));
      List<Completion> completions = null;
      while (completions == null) { // and nobody reads
        try {
          completions = submission.completions();
        } catch (IllegalStateException e) {
          Thread.onSpinWait();
        }
      }
      assertEquals(FinishReason.DEADLINE, completions.getFirst().finishReason());
    }
  }

  /** Whatever is closed whenever, readers come to an end, and all memory comes back. */
  @Test
  void whateverIsClosedWhenever() throws Exception {
    int rounds = Integer.getInteger("gpt2j.engine.rounds", 60);
    List<Integer> alone = model.generate(REQUEST).getFirst().tokens();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Backend ahead =
            new ReferenceBackendProvider()
                .open(
                    BackendOptions.defaults()
                        .withSetting(ReferenceBackendProvider.RUN_AHEAD, "3"));
        Gpt2 aheadModel = TinyModels.load(directory, ahead)) {
      for (int round = 0; round < rounds; round++) {
        Random random = new Random(round);
        Gpt2 subject = random.nextBoolean() ? model : aheadModel;
        EngineOptions options =
            EngineOptions.defaults()
                .withRows(1 + random.nextInt(3))
                .withSpareSlots(random.nextInt(2))
                .withPrefillChunk(1 + random.nextInt(4))
                .withUnread(1 + random.nextInt(5));
        Engine engine = Engine.start(subject, options);
        List<Future<?>> readers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          Submission submission = engine.submit(REQUEST);
          int most = random.nextInt(70);
          boolean closes = random.nextBoolean();
          readers.add(threads.submit(() -> read(submission, most, closes, alone)));
        }
        Thread.sleep(random.nextInt(3));
        engine.close();
        assertEquals(subject.weightBytes(), subject.backend().memory().total());
        for (Future<?> reader : readers) {
          reader.get();
        }
      }
      assertEquals(model.weightBytes(), backend.memory().total());
      assertEquals(aheadModel.weightBytes(), ahead.memory().total());
    }
  }

  private static void read(Submission submission, int most, boolean closes, List<Integer> alone) {
    List<Integer> tokens = new ArrayList<>();
    try {
      for (int i = 0; i < most && submission.hasNext(); i++) {
        if (submission.next() instanceof GenerationEvent.Token token) {
          tokens.add(token.token());
        }
      }
      if (closes) {
        submission.close();
      } else {
        submission.cancel();
      }
      submission.forEachRemaining(event -> {});
    } catch (IllegalStateException e) {
      assertTrue(
          List.of("the engine is closed", "the submission is closed").contains(e.getMessage()),
          e.getMessage());
    }
    assertEquals(alone.subList(0, tokens.size()), tokens);
  }
}
