package gpt2j.cli.bench;

import gpt2j.bench.context.RunListener;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.Heartbeat;
import gpt2j.cli.io.Progress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far a benchmark is, on standard error: a bar with the remaining time where that is a
 * terminal, a line now and then where it isn't.
 */
final class BenchProgress implements RunListener, AutoCloseable {
  private static final int UPDATE_MILLIS = 250;
  private static final int PERCENT = 100;

  private final CommandContext context;
  private final boolean visible;
  private final Heartbeat heartbeat;
  private final Map<Long, Long> begun = new HashMap<>(); // by total: when it was first heard of
  private @Nullable ProgressBar bar;
  private long total;
  private volatile String line = "beginning";

  BenchProgress(CommandContext context) {
    this.context = context;
    visible = context.errIsTerminal();
    heartbeat = new Heartbeat(context, () -> line);
  }

  @Override
  public void progressed(String task, long done, long all) {
    long percent = PERCENT * done / Math.max(1, all); // units of different work aren't comparable
    line = "%d %%: %s".formatted(percent, task);
    if (!visible) {
      return;
    }
    if (bar == null || all != total) {
      closeBar();
      long now = System.nanoTime();
      long start = begun.computeIfAbsent(all, _ -> now);
      total = all;
      bar =
          ProgressBar.builder()
              .setTaskName("gpt2j")
              .setInitialMax(PERCENT)
              .setUnit(" %", 1)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(UPDATE_MILLIS)
              .setConsumer(new Progress.Line(context.err()))
              .startsFrom(percent, Duration.ofNanos(now - start))
              .build();
    }
    bar.setExtraMessage(" " + task);
    bar.stepTo(percent);
  }

  @Override
  public void note(String note) {
    closeBar();
    context.say(note);
  }

  @Override
  public void close() {
    heartbeat.close();
    closeBar();
  }

  private void closeBar() {
    if (bar != null) {
      bar.close();
      bar = null;
      Progress.erase(context.err());
    }
  }
}
