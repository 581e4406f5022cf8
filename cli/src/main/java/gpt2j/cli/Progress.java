package gpt2j.cli;

import java.io.PrintStream;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * A progress bar on standard error, where that is a terminal. It appears only when the work takes
 * long, so that it costs nothing when it doesn't.
 */
final class Progress implements AutoCloseable {
  private static final long PATIENCE = Duration.ofMillis(700).toNanos();
  static final int WIDTH = 79;
  private static final int UPDATE_MILLIS = 100;
  private static final long MIB = 1 << 20;

  private final Context context;
  private final String task;
  private final long start = System.nanoTime();
  private @Nullable ProgressBar bar;
  private boolean hidden;

  Progress(Context context, String task) {
    this.context = context;
    this.task = task;
  }

  /** Says how far the work is, in bytes. By one thread at a time. */
  void report(long bytes, long total) {
    if (bar == null && !hidden && System.nanoTime() - start > PATIENCE) {
      hidden = !context.errIsTerminal();
      bar = hidden ? null : newBar(total);
    }
    if (bar != null) {
      bar.stepTo(bytes);
    }
  }

  private ProgressBar newBar(long total) {
    return ProgressBar.builder()
        .setTaskName("gpt2j: " + task)
        .setInitialMax(total)
        .setUnit(" MiB", MIB)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MILLIS)
        .setConsumer(new Line(context.err()))
        .build();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      // The library's own way leaves a bar behind that was closed before it was drawn twice.
      erase(context.err());
    }
  }

  /** Removes a bar from the terminal's line. */
  static void erase(PrintStream err) {
    err.print("\r" + " ".repeat(WIDTH) + "\r");
    err.flush();
  }

  /** A line that is written over and over; the library's own would ask for the terminal's width. */
  record Line(PrintStream err) implements ProgressBarConsumer {
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
