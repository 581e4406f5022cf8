package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.backend.cpu.CpuBackendProvider;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.ScoreOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.training.TrainingBatch;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * A program that ends while its threads generate, score and train: of itself, with the exit code
 * asked for, or when it is told to.
 */
final class DyingProgram {
  private DyingProgram() {}

  /**
   * Runs it.
   *
   * @param arguments the checkpoint; the exit code, or a negative number to wait for a signal;
   *     milliseconds until then; whether the exiting thread holds the backend's lock
   */
  public static void main(String[] arguments) throws InterruptedException {
    int code = Integer.parseInt(arguments[1]);
    Backend backend = new CpuBackendProvider().open(BackendOptions.defaults().withThreads(2));
    Gpt2 model;
    try (Checkpoint checkpoint = Checkpoint.open(Path.of(arguments[0]))) {
      model = Gpt2.load(checkpoint, Tokenizer.gpt2(), backend, LoadOptions.defaults());
    }
    Gpt2Config config = model.config();
    int[] text = new Random(1).ints(40, 0, config.vocabularySize()).toArray();
    forEver(() -> model.generate(GenerationRequest.of(Prompt.of(text[0])).withMaxNewTokens(30)));
    forEver(() -> model.score(text, ScoreOptions.defaults()));
    forEver(() -> model.session().prefill(0, text)); // and forgets it
    TrainingModel training = TrainingModel.random(config, TrainingOptions.of(2, 20), backend);
    TrainingBatch batch = new TrainingBatch(text, text);
    forEver(() -> training.trainStep(List.of(batch), 1e-3));
    System.out.println("running");
    Thread.sleep(Long.parseLong(arguments[2]));
    if (code >= 0) {
      if (Boolean.parseBoolean(arguments[3])) {
        backend.lock().lock();
      }
      System.exit(code);
    }
    Thread.sleep(Long.MAX_VALUE);
  }

  /** Not a daemon: nothing but the end of the JVM ends it. */
  private static void forEver(Runnable work) {
    Thread.ofPlatform()
        .start(
            () -> {
              while (true) {
                work.run();
              }
            });
  }
}
