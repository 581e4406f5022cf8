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

/**
 * Says how training goes: a line that changes on a terminal, a line for each evaluation, now and
 * then the loss curve.
 */
final class TrainProgress implements Consumer<RunEvent>, AutoCloseable {
  private static final long UPDATE_INTERVAL = Duration.ofMillis(250).toNanos();
  private static final double SMOOTHING = 0.9;
  private static final long DRAWING_INTERVAL = Duration.ofMinutes(1).toNanos();

  private final Context context;
  private final RunDirectory directory;
  private final Routine routine;
  private final Optional<String> prompt;
  private final boolean visible;

  private final Mean loss = new Mean();
  private final Mean speed = new Mean();
  private final Mean share = new Mean();
  private String validation = "";
  private long began = System.nanoTime();
  private long firstStep;
  private long drawn = began;
  private boolean shown;
  private long shownAt;

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
        validation = number(", val %.3f", evaluated.loss());
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

  /** Writes the line on the terminal anew; a bar would leave too little room for the numbers. */
  private void show(long step) {
    long now = System.nanoTime();
    if (!visible || shown && now - shownAt < UPDATE_INTERVAL) {
      return;
    }
    shown = true;
    shownAt = now;
    String line =
        "%d/%d%s%s, %s%s"
            .formatted(
                step,
                routine.maxSteps(),
                number(" loss %.3f", loss.value),
                validation,
                rates().replace("tokens/s", "tok/s"),
                remaining(step));
    String cut = line.substring(0, Math.min(line.length(), Progress.WIDTH));
    new Progress.Line(context.err()).accept(cut + " ".repeat(Progress.WIDTH - cut.length()));
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
    if (shown) {
      shown = false;
      Progress.erase(context.err());
    }
  }
}
