package gpt2j.cli;

import gpt2j.bench.training.LossCurve;
import gpt2j.model.gpt2.Gpt2Config;
import gpt2j.model.gpt2.training.run.Routine;
import gpt2j.model.gpt2.training.run.RunDirectory;
import gpt2j.model.gpt2.training.run.RunEvent;
import gpt2j.model.gpt2.training.run.RunState;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Says how training goes: a bar on a terminal, a line for each evaluation, now and then the loss
 * curve.
 */
final class TrainProgress implements Consumer<RunEvent>, AutoCloseable {
  private static final int UPDATE_MILLIS = 250;
  private static final double SMOOTHING = 0.9;
  private static final long DRAWING_INTERVAL = Duration.ofMinutes(1).toNanos();

  private final Context context;
  private final RunDirectory directory;
  private final Routine routine;
  private final Optional<String> prompt;
  private final boolean visible;

  private @Nullable ProgressBar bar;
  private final Mean loss = new Mean();
  private final Mean speed = new Mean();
  private final Mean share = new Mean();
  private String validation = "";
  private long began = System.nanoTime();
  private long firstStep;
  private long drawn = began;

  /** A mean that forgets. */
  private static final class Mean {
    private double value = Double.NaN;

    void add(double next) {
      value = Double.isNaN(value) ? next : SMOOTHING * value + (1 - SMOOTHING) * next;
    }
  }

  TrainProgress(Context context, RunDirectory directory, Routine routine, Optional<String> prompt) {
    this.context = context;
    this.directory = directory;
    this.routine = routine;
    this.prompt = prompt;
    visible = context.errIsTerminal();
  }

  /** Says what is about to be trained, from which step on. */
  void begin(Gpt2Config config, RunState state) {
    began = System.nanoTime();
    firstStep = state.step();
    context.say(
        "%s %s: %s parameters, %d layers, %d heads, width %d, context %d, vocabulary %d"
            .formatted(
                firstStep == 0 ? "training in" : "going on from step " + firstStep + " in",
                directory.path(),
                InitCommand.count(config.parameters()),
                config.layers(),
                config.heads(),
                config.embeddingWidth(),
                config.contextLength(),
                config.vocabularySize()));
  }

  @Override
  public void accept(RunEvent event) {
    switch (event) {
      case RunEvent.Updated updated -> {
        loss.add(updated.loss());
        speed.add(updated.tokensPerSecond());
        share.add(updated.peakFraction());
        show(updated.step());
      }
      case RunEvent.Evaluated evaluated -> {
        validation = number(", validation %.4f", evaluated.loss());
        say(line(evaluated));
      }
      case RunEvent.Sampled sampled -> say("sample: " + prompt.orElse("") + sampled.text());
      case RunEvent.Saved _ -> {
        if (System.nanoTime() - drawn > DRAWING_INTERVAL) {
          draw();
        }
      }
    }
  }

  private String line(RunEvent.Evaluated evaluated) {
    String what = "step %d of %d".formatted(evaluated.step(), routine.maxSteps());
    String losses =
        (Double.isNaN(loss.value) ? ": " : number(": loss %.4f, ", loss.value))
            + number("validation %.4f", evaluated.loss())
            + (evaluated.best() ? ", the best so far" : "");
    return Double.isNaN(speed.value)
        ? what + losses
        : what + losses + ", " + rates() + remaining(evaluated.step());
  }

  private String rates() {
    return number("%.0f tokens/s, ", speed.value) + number("%.0f %% of peak", 100 * share.value);
  }

  /** Time to the last step, at the speed of this session until now. */
  private String remaining(long step) {
    if (step <= firstStep || step >= routine.maxSteps()) {
      return "";
    }
    double perStep = (double) (System.nanoTime() - began) / (step - firstStep);
    Duration left = Duration.ofNanos((long) (perStep * (routine.maxSteps() - step)));
    return String.format(
        Locale.ROOT,
        ", %d:%02d:%02d left",
        left.toHours(),
        left.toMinutesPart(),
        left.toSecondsPart());
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private void show(long step) {
    if (!visible) {
      return;
    }
    if (bar == null) {
      bar =
          ProgressBar.builder()
              .setTaskName("gpt2j")
              .setInitialMax(routine.maxSteps())
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(UPDATE_MILLIS)
              .setConsumer(new Progress.Line(context.err()))
              .startsFrom(step - 1, Duration.ofNanos(System.nanoTime() - began))
              .build();
    }
    bar.setExtraMessage(number(" loss %.4f", loss.value) + validation + ", " + rates());
    bar.stepTo(step);
  }

  private void say(String line) {
    close();
    context.say(line);
  }

  /** Draws the loss curve. That it can't be drawn ends nothing. */
  void draw() {
    drawn = System.nanoTime();
    try {
      LossCurve.draw(directory.metrics(), directory.path().resolve("loss.png"));
    } catch (IOException e) {
      say("no loss curve: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
      Progress.erase(context.err());
    }
  }
}
