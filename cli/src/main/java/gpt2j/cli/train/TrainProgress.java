package gpt2j.cli.train;

import gpt2j.bench.plot.LossPlot;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.Heartbeat;
import gpt2j.cli.io.Progress;
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
 * Says how training goes: a line for each evaluation, and one in between that changes on a terminal
 * and comes now and then elsewhere; and draws the loss curve if asked to.
 */
final class TrainProgress implements Consumer<RunEvent>, AutoCloseable {
  private static final long UPDATE_INTERVAL = Duration.ofMillis(250).toNanos();
  private static final double SMOOTHING = 0.9;
  private static final long DRAWING_INTERVAL = Duration.ofMinutes(1).toNanos();

  private final CommandContext context;
  private final RunDirectory directory;
  private final Routine routine;
  private final TrainSubject subject;
  private final Optional<String> prompt;
  private final boolean plot;
  private final boolean visible;

  private final Mean loss = new Mean();
  private final Mean speed = new Mean();
  private final Mean share = new Mean();
  private final Heartbeat heartbeat;
  private String validation = "";
  private volatile String state = "getting ready to train";
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

  TrainProgress(
      CommandContext context,
      RunDirectory directory,
      TrainSettings settings,
      TrainSubject subject,
      boolean plot) {
    this.subject = subject;
    this.context = context;
    this.directory = directory;
    routine = settings.routine();
    prompt = settings.prompt();
    this.plot = plot;
    visible = context.errIsTerminal();
    heartbeat = new Heartbeat(context, () -> state);
  }

  /** Says what is about to be trained, from which step on. */
  void begin(RunState begin) {
    began = System.nanoTime();
    firstStep = begin.step();
    state = "evaluating at step " + firstStep;
    context.say(
        "%s %s: %s"
            .formatted(
                firstStep == 0 ? "training in" : "going on from step " + firstStep + " in",
                directory.path(),
                subject.model()));
  }

  @Override
  public void accept(RunEvent event) {
    switch (event) {
      case RunEvent.Updated updated -> {
        loss.add(updated.loss());
        speed.add(updated.tokensPerSecond());
        share.add(updated.peakFraction());
        String numbers = number(" loss %.3f", loss.value) + validation + ", " + rates();
        String left = remaining(updated.step());
        state = "step %d of %d:".formatted(updated.step(), routine.maxSteps()) + numbers + left;
        show(
            "%d/%d steps".formatted(updated.step(), routine.maxSteps())
                + numbers.replace("tokens/s", "tok/s")
                + left);
      }
      case RunEvent.Evaluated evaluated -> {
        validation = number(", val %.3f", evaluated.loss());
        say(line(evaluated));
      }
      case RunEvent.Sampled sampled -> say("sample: " + prompt.orElse("") + sampled.text());
      case RunEvent.Noted noted -> say("note: " + noted.note());
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
            + subject.beside(evaluated.loss())
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
  private void show(String line) {
    long now = System.nanoTime();
    if (!visible || shown && now - shownAt < UPDATE_INTERVAL) {
      return;
    }
    shown = true;
    shownAt = now;
    String cut = line.substring(0, Math.min(line.length(), Progress.WIDTH));
    new Progress.Line(context.err()).accept(cut + " ".repeat(Progress.WIDTH - cut.length()));
  }

  private void say(String line) {
    erase();
    context.say(line);
  }

  /**
   * Draws the loss curve where that is asked for: training needs nothing of Java's desktop. That it
   * can't be drawn ends nothing.
   */
  void draw() {
    if (!plot) {
      return;
    }
    drawn = System.nanoTime();
    try {
      LossPlot.draw(directory.metrics(), directory.path().resolve("loss.png"), subject.plotted());
    } catch (IOException e) {
      say("no loss curve: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    heartbeat.close();
    erase();
  }

  private void erase() {
    if (shown) {
      shown = false;
      Progress.erase(context.err());
    }
  }
}
