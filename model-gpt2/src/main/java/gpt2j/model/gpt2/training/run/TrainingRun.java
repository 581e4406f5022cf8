package gpt2j.model.gpt2.training.run;

import gpt2j.api.Backend;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.training.Recompute;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingOptions;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * A training run on a backend: everything around the {@link TrainingModel}, so that the run can be
 * left alone, stopped, killed, and resumed as if nothing had happened.
 *
 * <p>The backend and the directory are the caller's, opened before the run and closed after it. One
 * thread runs; {@link #stop} and {@link #close} may be called by any at any time, and closing in
 * the middle makes the run fail with an {@link IllegalStateException} after the pass under way.
 */
public final class TrainingRun implements AutoCloseable {
  private final TrainingModel model;
  private final TrainingLoop loop;

  /** What a run begins with, unless its directory has a checkpoint. */
  public sealed interface Start {
    /** New weights, which depend on the seed. */
    record Scratch(Gpt2Config config) implements Start {}

    /** The weights of a checkpoint. */
    record Weights(Path checkpoint) implements Start {}
  }

  private TrainingRun(TrainingModel model, TrainingLoop loop) {
    this.model = model;
    this.loop = loop;
  }

  /**
   * Allocates everything, and has nothing written yet.
   *
   * @param directory whose hyperparameters and data, if it is resumed, are the same
   * @param listener told of everything that happens, on the thread that calls this and {@link #run}
   * @throws RunException when the directory's checkpoint is damaged
   * @throws gpt2j.api.UnsupportedException when the backend doesn't train
   * @throws gpt2j.api.OutOfMemoryException when it doesn't fit
   * @throws gpt2j.model.gpt2.data.DataException when there are too few tokens
   */
  public static TrainingRun open(
      Backend backend,
      Start start,
      TrainingData data,
      Hyperparameters hyperparameters,
      Recompute recompute,
      Routine routine,
      RunDirectory directory,
      Consumer<? super RunEvent> listener) {
    var training = data.batches(hyperparameters);
    var validation = data.validationBatches(hyperparameters, routine.evalBatches());
    Start from = directory.newestCheckpoint().<Start>map(Start.Weights::new).orElse(start);
    double peak = Speed.peak(backend); // before the model takes the memory
    TrainingModel model = model(from, hyperparameters.options(recompute), backend, listener);
    try {
      var learner =
          new Gpt2Learner(
              model,
              training,
              validation,
              hyperparameters.batches().accumulation(),
              data.tokenizer());
      Speed speed =
          new Speed(
              Speed.operationsPerToken(model.config(), hyperparameters.batches().sequenceLength()),
              peak);
      TrainingLoop loop =
          new TrainingLoop(
              learner,
              hyperparameters,
              routine,
              directory,
              data.identity(),
              data.tokenizerFiles(),
              speed,
              listener,
              System::nanoTime);
      return new TrainingRun(model, loop);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private static TrainingModel model(
      Start start, TrainingOptions options, Backend backend, Consumer<? super RunEvent> listener) {
    return switch (start) {
      case Start.Scratch(Gpt2Config config) -> TrainingModel.random(config, options, backend);
      case Start.Weights(Path directory) -> {
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
          checkpoint.notes().forEach(note -> listener.accept(new RunEvent.Noted(0, note)));
          yield TrainingModel.of(checkpoint, options, backend);
        }
      }
    };
  }

  /** What is trained. */
  public Gpt2Config config() {
    return model.config();
  }

  /**
   * Runs to the end; once. The directory has {@linkplain RunDirectory#begin begun}.
   *
   * @throws RunException when the loss is no number any more, or something can't be written
   * @throws CancellationException when the thread is interrupted, which ends the run before the
   *     next pass and without a checkpoint; the thread stays interrupted
   */
  public Outcome run() {
    try {
      return loop.run();
    } catch (RunException e) {
      if (e.getCause() instanceof ClosedByInterruptException) {
        throw new CancellationException("the thread was interrupted while it wrote");
      }
      throw e;
    }
  }

  /** Lets the run end after the step under way, with a checkpoint. By any thread. */
  public void stop() {
    loop.stop();
  }

  @Override
  public void close() {
    model.close();
  }
}
