package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Threads that share a backend take turns. */
@Timeout(60)
class TurnsTest {
  private static final int STEPS = 20;

  @TempDir private Path folder;

  /** A step waits for one chunk of a stranger's long prompt at most. */
  @Test
  void aPromptIsInterleavedWithAStream() throws InterruptedException {
    Gpt2Config config = TinyModels.config().contextLength(60).build();
    List<String> turns = new ArrayList<>(); // holding the backend's lock
    try (WatchedBackend backend = new WatchedBackend(TinyModels.reference());
        Gpt2 model = TinyModels.load(TinyModels.write(folder, config, 1), backend);
        Session stream = model.session();
        Session stranger = model.session(SessionOptions.defaults().withPrefillChunk(1))) {
      stream.prefill(0, 1, 2);
      CountDownLatch start = new CountDownLatch(1);
      Thread streaming =
          Thread.ofPlatform()
              .name("step")
              .start(
                  () -> {
                    try (Decoder decoder = stream.decoder(SamplingParameters.greedy(), 0)) {
                      decoder.next();
                      await(start);
                      for (int step = 0; step < STEPS; step++) {
                        decoder.next();
                      }
                    }
                  });
      Thread prompting =
          Thread.ofPlatform()
              .name("chunk")
              .start(
                  () -> {
                    await(start);
                    stranger.prefill(0, TinyModels.tokens(60, 1));
                  });
      backend.watch(
          () -> {
            turns.add(Thread.currentThread().getName());
            // Whoever has had a turn asks for the next one before this turn ends.
            backend.awaitQueued(Thread.currentThread() == streaming ? prompting : streaming);
          });
      start.countDown();
      streaming.join();
      prompting.join();
    }
    assertEquals(STEPS, turns.stream().filter("step"::equals).count());
    List<String> shared = turns.subList(turns.indexOf("step"), turns.lastIndexOf("step") + 1);
    for (int turn = 1; turn < shared.size(); turn++) {
      assertFalse(shared.get(turn).equals(shared.get(turn - 1)), "two in a row: " + turns);
    }
  }

  private static void await(CountDownLatch start) {
    try {
      start.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
