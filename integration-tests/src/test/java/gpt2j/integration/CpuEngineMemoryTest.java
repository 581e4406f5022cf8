package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.engine.Engine;
import gpt2j.model.gpt2.engine.EngineOptions;
import gpt2j.model.gpt2.engine.Submission;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An engine where something else takes the memory that it counted on when it started. */
@Timeout(120)
final class CpuEngineMemoryTest {
  private static final long LIMIT = 64 << 20;
  private static final Gpt2Config CONFIG =
      Gpt2Config.builder()
          .vocabularySize(203)
          .contextLength(512)
          .embeddingWidth(192)
          .layers(2)
          .heads(3)
          .build();
  private static final long SLOT =
      new KvCacheSpec(CONFIG.layers(), CONFIG.heads(), CONFIG.headSize(), 1, 512, WeightFormat.F32)
          .bytes();

  @TempDir private Path folder;
  private Backend backend;
  private Gpt2 model;
  private Engine engine;

  @BeforeEach
  void start() {
    RandomCheckpoint.write(folder.resolve("model"), CONFIG, 1, DataType.F32, fraction -> {});
    backend =
        Backends.provider("cpu")
            .open(BackendOptions.defaults().withThreads(1).withMemoryLimit(LIMIT));
    model = Gpt2.load(folder.resolve("model"), backend);
    engine = Engine.start(model, EngineOptions.defaults().withRows(2).withUnread(2));
  }

  @AfterEach
  void close() {
    engine.close();
    model.close();
    backend.close();
  }

  /** Takes all memory but some. */
  private Tensor takeAllBut(long bytes) {
    long taken = LIMIT - backend.memory().total() - bytes;
    return backend.allocate(DataType.F32, Shape.of((int) (taken / Float.BYTES)), Usage.ACTIVATION);
  }

  private static GenerationRequest request(int seed) {
    int[] prompt = new Random(seed).ints(460, 0, 203).toArray();
    return GenerationRequest.of(Prompt.of(prompt)).withMaxNewTokens(20).withStopAtEndOfText(false);
  }

  private void assertAsAlone(GenerationRequest request, Submission submission) {
    submission.forEachRemaining(event -> {});
    assertEquals(
        model.generate(request).getFirst().tokens(), submission.completions().getFirst().tokens());
  }

  @Test
  void refusesARequestForWhichThereIsNoneWithNothingElseAtWork() {
    Tensor other = takeAllBut(SLOT / 2);
    Submission refused = engine.submit(request(1));
    assertThrows(OutOfMemoryException.class, refused::hasNext);
    assertEquals(0, engine.statistics().running());
    other.close();
    assertAsAlone(request(2), engine.submit(request(2)));
  }

  @Test
  void aRequestWaitsForThoseThatRunAndTakesWhatTheyKeep() throws InterruptedException {
    Submission first = engine.submit(request(1));
    first.next(); // it has its slot, and will rest with two events unread
    Tensor other = takeAllBut(SLOT / 2);
    Submission second = engine.submit(request(2));
    assertTrue(second.poll(Duration.ofMillis(300)).isEmpty());
    assertEquals(1, engine.statistics().waiting());
    first.cancel();
    second.next();
    other.close();
    assertAsAlone(request(2), second);
  }
}
