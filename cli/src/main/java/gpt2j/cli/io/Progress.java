package gpt2j.cli.io;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far work is, on standard error: a bar where that is a terminal, a line now and then where it
 * isn't. Either appears only when the work takes long, so that it costs nothing when it doesn't.
 */
public final class Progress implements AutoCloseable {
  private static final long PATIENCE = Duration.ofMillis(700).toNanos();
  public static final int WIDTH = 79;
  private static final int UPDATE_MILLIS = 100;

  private final CommandContext context;
  private final String task;
  private final Unit unit;
  private final boolean visible;
  private final boolean withSpeed;
  private final long start = System.nanoTime();
  private final Heartbeat heartbeat;
  private @Nullable ProgressBar bar;
  private volatile @Nullable State state;

  /** What work is counted in. */
  public enum Unit {
    /** Bytes, shown as MiB. */
    BYTES("MiB", 1 << 20),
    TOKENS("tokens", 1),
    PERCENT("%", 1);

    private final String label;
    private final long size;

    Unit(String label, long size) {
      this.label = label;
      this.size = size;
    }
  }

  /** The first is where work began. */
  private record State(long first, long done, long total, long since) {}

  /** Of work in bytes. */
  public Progress(CommandContext context, String task) {
    this(context, task, Unit.BYTES);
  }

  public Progress(CommandContext context, String task, Unit unit) {
    this(context, task, unit, false);
  }

  /** Of bytes that come from elsewhere, with their speed. */
  public static Progress ofTransfer(CommandContext context, String task) {
    return new Progress(context, task, Unit.BYTES, true);
  }

  private Progress(CommandContext context, String task, Unit unit, boolean withSpeed) {
    this.context = context;
    this.task = task;
    this.unit = unit;
    this.withSpeed = withSpeed;
    visible = context.errIsTerminal();
    heartbeat = new Heartbeat(context, this::line);
  }

  /** Says how far the work is. By one thread at a time. */
  public void report(long done, long total) {
    State before = state;
    State now =
        before == null
            ? new State(done, done, total, System.nanoTime())
            : new State(before.first(), done, total, before.since());
    state = now;
    if (bar == null && visible && System.nanoTime() - start > PATIENCE) {
      bar = newBar(now);
    }
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  private ProgressBar newBar(State now) {
    ProgressBarBuilder builder = ProgressBar.builder();
    if (withSpeed) { // of what comes now, not of what was there
      builder
          .showSpeed()
          .startsFrom(now.first(), Duration.ofNanos(System.nanoTime() - now.since()));
    }
    return builder
        .setTaskName("gpt2j: " + task)
        .setInitialMax(now.total())
        .setUnit(" " + unit.label, unit.size)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MILLIS)
        .setConsumer(new Line(context.err()))
        .build();
  }

  /** What is said where there is no terminal. */
  public String line() {
    State now = state;
    return now == null
        ? task
        : String.format(
                Locale.ROOT,
                "%s: %,d of %,d %s",
                task,
                now.done() / unit.size,
                Math.ceilDiv(now.total(), unit.size),
                unit.label)
            + speed(now);
  }

  private String speed(State now) {
    double seconds = (System.nanoTime() - now.since()) * 1e-9;
    return withSpeed && now.done() > now.first()
        ? String.format(
            Locale.ROOT,
            ", %.1f %s/s",
            (now.done() - now.first()) / seconds / unit.size,
            unit.label)
        : "";
  }

  @Override
  public void close() {
    heartbeat.close();
    if (bar != null) {
      bar.close();
      // The library's own way leaves a bar behind that was closed before it was drawn twice.
      erase(context.err());
    }
  }

  /** Removes a bar from the terminal's line. */
  public static void erase(PrintStream err) {
    err.print("\r" + " ".repeat(WIDTH) + "\r");
    err.flush();
  }

  /** A line that is written over and over; the library's own would ask for the terminal's width. */
  public record Line(PrintStream err) implements ProgressBarConsumer {
    @Override
    public int getMaxRenderedLength() {
      return WIDTH;
    }

    @Override
    public void accept(String rendered) {
      err.print("\r" + rendered);
      err.flush();
    }

    @Override
    public void close() {
      err.flush();
    }
  }
}
