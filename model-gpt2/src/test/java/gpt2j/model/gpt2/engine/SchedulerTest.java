package gpt2j.model.gpt2.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.FinishReason;
import gpt2j.model.gpt2.GenerationEvent;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.NonFiniteException;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.TinyModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine does turn by turn: counted, not timed. */
final class SchedulerTest {
  private static final int CONTEXT = 160;
  private static final int CHUNK = 16;

  @TempDir private static Path folder;
  private static Path directory;
  private static Backend backend;
  private static Gpt2 model;

  @BeforeAll
  static void load() {
    directory = TinyModels.write(folder, TinyModels.config().contextLength(CONTEXT).build(), 5);
    backend = TinyModels.reference();
    model = TinyModels.load(directory, backend);
  }

  @AfterAll
  static void close() {
    model.close();
    assertEquals(0, backend.memory().total());
    backend.close();
  }

  private static EngineOptions options() {
    return EngineOptions.defaults().withRows(2).withPrefillChunk(CHUNK);
  }

  private static GenerationRequest request(int tokens, long seed) {
    return GenerationRequest.of(Prompt.of(TinyModels.tokens(tokens, seed)))
        .withSampling(SamplingParameters.random(seed).withTemperature(3))
        .withMaxNewTokens(20);
  }

  private static List<Integer> alone(GenerationRequest request) {
    return model.generate(request).getFirst().tokens();
  }

  private static void assertAsAlone(GenerationRequest request, Submission submission) {
    submission.forEachRemaining(event -> {});
    List<Completion> alone = model.generate(request);
    for (int i = 0; i < alone.size(); i++) {
      Completion expected = alone.get(i);
      Completion actual = submission.completions().get(i);
      assertEquals(expected.tokens(), actual.tokens());
      assertEquals(expected.text(), actual.text());
      assertEquals(expected.finishReason(), actual.finishReason());
    }
  }

  @Test
  void aLongPromptDelaysOthersByAChunkAtMost() throws InterruptedException {
    try (ManualEngine engine = new ManualEngine(model, options())) {
      GenerationRequest brief = request(3, 1);
      GenerationRequest lengthy = request(100, 2);
      Submission one = engine.submit(brief);
      engine.turn();
      assertEquals(1, ManualEngine.tokens(one).size());
      Submission two = engine.submit(lengthy);
      int turns = 0;
      while (ManualEngine.tokens(two).isEmpty()) {
        long before = engine.statistics().promptTokens();
        engine.turn();
        turns++;
        assertEquals(1, ManualEngine.tokens(one).size(), "a token each turn");
        assertTrue(engine.statistics().promptTokens() - before <= CHUNK);
      }
      assertEquals(7, turns, "99 tokens in chunks of 16, and a step right behind");
      engine.work();
      assertAsAlone(brief, one);
      assertAsAlone(lengthy, two);
    }
  }

  @Test
  void cancellingFreesASlotBeforeTheNextStep() throws InterruptedException {
    try (ManualEngine engine = new ManualEngine(model, options().withRows(1))) {
      GenerationRequest second = request(4, 2);
      Submission one = engine.submit(request(3, 1));
      Submission two = engine.submit(second);
      engine.turn();
      engine.turn();
      assertEquals(2, ManualEngine.tokens(one).size());
      assertTrue(ManualEngine.events(two).isEmpty());
      assertEquals(1, engine.statistics().waiting());
      one.cancel();
      engine.turn();
      assertEquals(1, ManualEngine.tokens(two).size(), "its first token in the very turn");
      one.forEachRemaining(event -> {});
      Completion cut = one.completions().getFirst();
      assertEquals(FinishReason.CANCELLED, cut.finishReason());
      assertEquals(alone(request(3, 1)).subList(0, 2), cut.tokens());
      two.close();
      engine.turn();
      assertEquals(0, engine.statistics().running());
      assertTrue(two.hasEnded());
      assertThrows(IllegalStateException.class, two::hasNext);
      Submission never = engine.submit(second);
      never.cancel();
      assertFalse(engine.turn());
      never.forEachRemaining(event -> {});
      assertEquals(List.of(), never.completions().getFirst().tokens());
    }
  }

  @Test
  void aSlowReaderStopsItsOwnRequestOnly() throws InterruptedException {
    try (ManualEngine engine = new ManualEngine(model, options().withUnread(4))) {
      Submission slow = engine.submit(request(3, 1));
      Submission fast = engine.submit(request(5, 2).withMaxNewTokens(60));
      List<Integer> tokens = new ArrayList<>();
      for (int turn = 0; turn < 10; turn++) {
        engine.turn();
        tokens.addAll(ManualEngine.tokens(fast));
      }
      assertEquals(10, tokens.size());
      assertEquals(1, engine.statistics().idle());
      slow.next();
      engine.turn();
      assertEquals(1, engine.statistics().idle(), "three unread are too many to go on");
      slow.next();
      engine.turn();
      assertEquals(0, engine.statistics().idle());
      engine.turn();
      engine.turn();
      assertEquals(1, engine.statistics().idle());
      assertEquals(4, ManualEngine.tokens(slow).size());
      List<Integer> rest = new ArrayList<>();
      while (!slow.hasEnded() || !fast.hasEnded()) {
        engine.turn();
        rest.addAll(ManualEngine.tokens(slow));
        ManualEngine.events(fast);
      }
      assertEquals(14, rest.size());
      assertAsAlone(request(3, 1), slow);
      assertAsAlone(request(5, 2).withMaxNewTokens(60), fast);
    }
  }

  @Test
  void whoWaitsIsNotOvertakenAndNotTooManyMayWait() throws InterruptedException {
    try (ManualEngine engine = new ManualEngine(model, options().withWaiting(3))) {
      Submission one = engine.submit(request(3, 1).withMaxNewTokens(4));
      engine.turn();
      Submission wide = engine.submit(request(3, 2).withSamples(4));
      Submission last = engine.submit(request(3, 3));
      engine.turn(); // of the wide one's samples one is in, three wait
      assertEquals(2, engine.statistics().running());
      assertEquals(2, engine.statistics().waiting());
      Submission third = engine.submit(request(2, 4));
      QueueFullException refused =
          assertThrows(QueueFullException.class, () -> engine.submit(request(2, 5)));
      assertEquals(
          "the engine is busy: 3 requests wait already, and no more may; try again later",
          refused.getMessage());
      while (!one.hasEnded()) {
        engine.turn();
        ManualEngine.events(one);
        assertTrue(ManualEngine.events(last).isEmpty());
      }
      while (engine.statistics().waiting() == 3) {
        assertTrue(ManualEngine.events(last).isEmpty(), "while a sample before it waits");
        engine.turn();
      }
      engine.work();
      assertAsAlone(request(3, 2).withSamples(4), wide);
      assertAsAlone(request(3, 3), last);
      assertAsAlone(request(2, 4), third);
    }
  }

  @Test
  void deadlinesEndWhatRunsAndWhatWaits() {
    try (ManualEngine engine = new ManualEngine(model, options().withRows(1).withUnread(2))) {
      GenerationRequest request = request(3, 1);
      Submission idle =
          engine.submit(EngineRequest.of(request).withDeadline(Duration.ofSeconds(5)));
      Submission waiting =
          engine.submit(EngineRequest.of(request).withDeadline(Duration.ofSeconds(3)));
      Submission patient = engine.submit(request);
      engine.work();
      assertEquals(Duration.ofSeconds(3), engine.toDeadline());
      engine.time = Duration.ofSeconds(3).toNanos();
      engine.turn();
      waiting.forEachRemaining(event -> {});
      assertEquals(FinishReason.DEADLINE, waiting.completions().getFirst().finishReason());
      assertEquals(Duration.ofSeconds(2), engine.toDeadline());
      engine.time = Duration.ofSeconds(5).toNanos();
      assertTrue(engine.turn(), "the patient one begins");
      idle.forEachRemaining(event -> {});
      assertEquals(FinishReason.DEADLINE, idle.completions().getFirst().finishReason());
      assertEquals(alone(request).subList(0, 2), idle.completions().getFirst().tokens());
      assertEquals(Long.MAX_VALUE, engine.toDeadline().toNanos());
      while (!patient.hasEnded()) {
        engine.work();
        patient.next();
      }
      assertAsAlone(request, patient);
    }
  }

  @Test
  void samplesShareThePrefillOfTheirPrompt() {
    for (int length : new int[] {1, 2, 20, 90}) {
      for (int rows : new int[] {1, 2, 4}) {
        try (ManualEngine engine = new ManualEngine(model, options().withRows(rows))) {
          GenerationRequest request = request(length, 7).withSamples(4);
          Submission submission = engine.submit(request);
          engine.work();
          if (rows > 1 || length > PrefixIndex.BLOCK) {
            assertEquals(length - 1, engine.statistics().promptTokens(), "evaluated once");
          }
          assertAsAlone(request, submission);
        }
      }
    }
  }

  @Test
  void promptsThatBeginAlikeAreEvaluatedOnce() {
    int[] shared = TinyModels.tokens(70, 1);
    GenerationRequest one =
        request(1, 1).withPrompts(List.of(Prompt.of(with(shared, 1, 2, 3)))).withMaxNewTokens(60);
    GenerationRequest two = request(1, 2).withPrompts(List.of(Prompt.of(with(shared, 4, 5))));
    try (ManualEngine engine = new ManualEngine(model, options())) {
      Submission first = engine.submit(one);
      Submission second = engine.submit(two); // while the first is evaluated
      engine.work();
      assertEquals(72 + 1, engine.statistics().promptTokens());
      assertEquals(0, first.cachedTokens());
      assertEquals(70, second.cachedTokens());
      Submission third = engine.submit(two); // after both
      engine.work();
      // Not kept: what the second has behind its last whole block, which the first has as well.
      assertEquals(72 + 1 + 1, engine.statistics().promptTokens());
      assertEquals(70, third.cachedTokens());
      assertEquals(3, engine.statistics().prefixQueries());
      assertEquals(2, engine.statistics().prefixHits());
      assertAsAlone(one, first);
      assertAsAlone(two, second);
      assertAsAlone(two, third);
      // What was drawn is kept, too: a text that goes on where another ended.
      List<Integer> drawn = first.completions().getFirst().tokens();
      int[] whole = with(shared, 1, 2, 3);
      whole = with(whole, drawn.stream().mapToInt(Integer::intValue).toArray());
      GenerationRequest goesOn = request(1, 3).withPrompts(List.of(Prompt.of(whole)));
      Submission fourth = engine.submit(goesOn);
      engine.work();
      assertEquals(whole.length - 1, fourth.cachedTokens());
      assertAsAlone(goesOn, fourth);
      Submission without = engine.submit(two.withUseCache(false).withMaxNewTokens(3));
      engine.work();
      assertEquals(0, without.cachedTokens());
      assertAsAlone(two.withMaxNewTokens(3), without);
    }
  }

  private static int[] with(int[] tokens, int... more) {
    int[] all = Arrays.copyOf(tokens, tokens.length + more.length);
    System.arraycopy(more, 0, all, tokens.length, more.length);
    return all;
  }

  @Test
  void theLeastRecentlyUsedIsEvicted() {
    try (ManualEngine engine = new ManualEngine(model, options().withRows(1).withSpareSlots(1))) {
      cachedTokens(engine, 1, 0);
      cachedTokens(engine, 2, 0); // both slots are full
      cachedTokens(engine, 1, 49);
      cachedTokens(engine, 3, 0); // in the place of 2, or of what it made of 1
      cachedTokens(engine, 1, 49);
      cachedTokens(engine, 2, 0);
      assertTrue(engine.statistics().evictions() > 0);
      assertTrue(engine.statistics().keptSlots() <= 2);
    }
  }

  private static void cachedTokens(ManualEngine engine, long seed, int expected) {
    GenerationRequest request = request(50, seed);
    Submission submission = engine.submit(request);
    engine.work();
    assertEquals(expected, submission.cachedTokens(), "of prompt " + seed);
    assertAsAlone(request, submission);
  }

  @Test
  void whatIsNoNumberEndsItsOwnRequestOnly() {
    Path spoiled = TinyModels.write(folder, TinyModels.config().contextLength(CONTEXT).build(), 5);
    TinyModels.change(
        spoiled, "wpe.weight", values -> values[10 * model.config().embeddingWidth()] = Float.NaN);
    try (Gpt2 other = TinyModels.load(spoiled, backend);
        ManualEngine engine = new ManualEngine(other, options())) {
      Submission good = engine.submit(request(3, 1).withMaxNewTokens(7));
      Submission bad = engine.submit(request(6, 2));
      engine.work();
      assertAsAlone(request(3, 1).withMaxNewTokens(7), good);
      assertEquals(alone(request(6, 2)).subList(0, 5), readTokens(bad, 5));
      assertThrows(NonFiniteException.class, bad::hasNext);
      assertTrue(bad.hasEnded());
      Submission after = engine.submit(request(3, 1).withMaxNewTokens(7));
      engine.work();
      assertAsAlone(request(3, 1).withMaxNewTokens(7), after);
    }
  }

  private static List<Integer> readTokens(Submission submission, int count) {
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens.add(((GenerationEvent.Token) submission.next()).token());
    }
    return tokens;
  }

  @Test
  void whatCanNeverRunIsRefused() {
    try (ManualEngine engine = new ManualEngine(model, options().withCapacity(30))) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> engine.submit(request(20, 1)))
              .getMessage();
      assertEquals(
          "prompt and new tokens may become 40 tokens; the engine has room for 30 of each sample",
          message);
      GenerationRequest two = request(3, 1).withPrompts(List.of(Prompt.of(1), Prompt.of(2)));
      assertThrows(IllegalArgumentException.class, () -> engine.submit(two));
      assertThrows(
          IllegalArgumentException.class,
          () -> EngineRequest.of(request(3, 1)).withDeadline(Duration.ZERO));
      assertThrows(IllegalArgumentException.class, () -> options().withRows(0));
      assertFalse(engine.turn());
    }
  }
}
