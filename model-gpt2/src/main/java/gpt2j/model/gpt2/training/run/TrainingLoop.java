package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.NonFiniteException;
import gpt2j.model.gpt2.training.run.Outcome.End;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The loop of a run: updates, and now and then an evaluation, a sample and a checkpoint.
 *
 * <p>At a step, evaluation comes before the checkpoint, and all that follows from a checkpoint's
 * state follows in the same way from the same step of a run that was never interrupted: so both
 * have the same losses, bit for bit on one backend with one number of threads.
 */
final class TrainingLoop {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Learner learner;
  private final Hyperparameters hyperparameters;
  private final Routine routine;
  private final RunDirectory directory;
  private final CheckpointIo checkpoints;
  private final String data;
  private final Consumer<? super RunEvent> listener;
  private final LongSupplier nanos;
  private volatile boolean stopped;

  private RunState state;
  private long saved;
  private Speed speed;

  /**
   * A run that is ready to go on from where its directory is.
   *
   * @param data what tells the data apart from other data
   * @param tokenizer the files of the tokenizer, by name
   * @param speed its peak is measured again at each evaluation
   * @param nanos a clock
   */
  TrainingLoop(
      Learner learner,
      Hyperparameters hyperparameters,
      Routine routine,
      RunDirectory directory,
      String data,
      Map<String, byte[]> tokenizer,
      Speed speed,
      Consumer<? super RunEvent> listener,
      LongSupplier nanos) {
    this.learner = learner;
    this.hyperparameters = hyperparameters;
    this.routine = routine;
    this.directory = directory;
    this.data = data;
    this.speed = speed;
    this.listener = listener;
    this.nanos = nanos;
    checkpoints = new CheckpointIo(learner, tokenizer);
    state = directory.state();
    saved = state.step();
    learner.resume(saved);
    directory.newestCheckpoint().ifPresent(checkpoints::readOptimizer);
  }

  /** Lets the run end after the step under way, with a checkpoint. By any thread. */
  void stop() {
    stopped = true;
  }

  /**
   * Runs to the end.
   *
   * @throws RunException when a loss or a parameter isn't finite, or something can't be written
   * @throws CancellationException when the thread is interrupted
   */
  Outcome run() {
    long start = nanos.getAsLong();
    boolean fresh = state.equals(RunState.BEGIN);
    long first = state.step();
    try (Metrics metrics = Metrics.open(directory.metrics(), state)) {
      prune(); // the process before may have ended before it came to that
      while (true) {
        if (Thread.currentThread().isInterrupted()) {
          throw new CancellationException("the thread was interrupted");
        }
        End end = end(start);
        boolean evaluated = (fresh || state.step() > first) && isEvaluationDue(end);
        if (evaluated) {
          evaluate(metrics);
          end = end == null && isOutOfPatience() ? End.PATIENCE : end;
        }
        if (isCheckpointDue(evaluated, end)) {
          save(metrics);
        }
        if (evaluated && !stopped) {
          sample(metrics);
        }
        if (end == null && stopped && saved == state.step()) {
          end = End.INTERRUPTED; // while it was saved, or there is nothing to save
        }
        if (end != null) {
          return outcome(end);
        }
        update(metrics);
      }
    } catch (IOException e) {
      throw RunException.unwritable(directory.metrics(), e);
    }
  }

  private @Nullable End end(long start) {
    if (state.step() >= routine.maxSteps()) {
      return End.STEPS;
    }
    if (stopped) {
      return End.INTERRUPTED;
    }
    boolean over =
        routine.maxTime().isPresent()
            && nanos.getAsLong() - start >= routine.maxTime().get().toNanos();
    if (over) {
      return End.TIME;
    }
    return isOutOfPatience() ? End.PATIENCE : null;
  }

  private boolean isOutOfPatience() {
    return routine.patience() > 0 && state.evaluationsSinceBest() >= routine.patience();
  }

  private boolean isEvaluationDue(@Nullable End end) {
    return state.step() % routine.evalInterval() == 0 || end == End.STEPS || end == End.TIME;
  }

  private boolean isCheckpointDue(boolean evaluated, @Nullable End end) {
    return state.step() > saved
        && (end != null
            || evaluated && state.isBest()
            || state.step() % routine.checkpointInterval() == 0);
  }

  private void update(Metrics metrics) throws IOException {
    long number = state.step() + 1;
    double rate = hyperparameters.learningRate().of(number);
    long before = nanos.getAsLong();
    Learner.Update update = learner.update(rate);
    double seconds = Math.max(1, nanos.getAsLong() - before) / NANOS_PER_SECOND;
    if (!Double.isFinite(update.loss())) {
      throw diverged("the loss is %s at step %d".formatted(update.loss(), number));
    }
    if (!Double.isFinite(update.gradientNorm())) {
      throw diverged(
          "the gradient's norm is %s at step %d".formatted(update.gradientNorm(), number));
    }
    state = state.updated(update.tokens(), seconds);
    tell(
        metrics,
        new RunEvent.Updated(
            number,
            update.loss(),
            rate,
            update.gradientNorm(),
            update.tokens(),
            seconds,
            speed.peakFraction(hyperparameters.batches().tokens() / seconds)));
  }

  private RunException diverged(String what) {
    String last =
        saved == 0 ? "there is no checkpoint before" : "the last checkpoint is of step " + saved;
    return new RunException(
        directory.path(), "%s: lower --learning-rate or --clip; %s".formatted(what, last));
  }

  private void evaluate(Metrics metrics) throws IOException {
    double loss = learner.evaluate(routine.evalBatches());
    if (!Double.isFinite(loss)) {
      throw diverged("the validation loss is %s after step %d".formatted(loss, state.step()));
    }
    state = state.evaluated(loss);
    speed = speed.with(learner.peak());
    tell(metrics, new RunEvent.Evaluated(state.step(), loss, state.isBest()));
  }

  private void sample(Metrics metrics) throws IOException {
    if (routine.sample().isPresent()) {
      try {
        String text = learner.generate(routine.sample().get(), () -> stopped);
        tell(metrics, new RunEvent.Sampled(state.step(), text));
      } catch (CancellationException e) {
        // the run ends
      } catch (NonFiniteException e) {
        throw new RunException(directory.path(), String.valueOf(e.getMessage()));
      }
    }
  }

  private void prune() {
    try {
      directory.steps().prune(state, routine.keep());
    } catch (IOException e) {
      throw RunException.unwritable(directory.path(), e);
    }
  }

  private void save(Metrics metrics) throws IOException {
    metrics.force(); // a checkpoint's metrics are there when it is
    Path target = directory.steps().directory(state.step());
    try {
      directory
          .steps()
          .save(checkpoints, new StateFile(state, data, hyperparameters.values()), routine.keep());
    } catch (CheckpointIo.NonFiniteState e) {
      throw diverged("%s after step %d".formatted(e.getMessage(), state.step()));
    } catch (IOException e) {
      throw RunException.unwritable(target, e);
    }
    saved = state.step();
    listener.accept(new RunEvent.Saved(saved, target));
  }

  private void tell(Metrics metrics, RunEvent event) throws IOException {
    metrics.add(event);
    listener.accept(event);
  }

  private Outcome outcome(End end) {
    Optional<Path> last =
        saved == 0 ? Optional.empty() : Optional.of(directory.steps().directory(saved));
    return new Outcome(end, state, last, directory.steps().best());
  }
}
