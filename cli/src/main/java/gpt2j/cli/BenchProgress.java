package gpt2j.cli;

import gpt2j.bench.context.RunListener;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar with the remaining time on standard error, where that is a terminal. */
final class BenchProgress implements RunListener, AutoCloseable {
  private static final int UPDATE_MILLIS = 250;

  private final Context context;
  private final boolean visible;
  private final Map<Long, Long> begun = new HashMap<>(); // by total: when it was first heard of
  private @Nullable ProgressBar bar;
  private long total;

  BenchProgress(Context context) {
    this.context = context;
    visible = context.errIsTerminal();
  }

  @Override
  public void progressed(String task, long done, long all) {
    if (!visible) {
      return;
    }
    if (bar == null || all != total) {
      close();
      long now = System.nanoTime();
      long start = begun.computeIfAbsent(all, _ -> now);
      total = all;
      bar =
          ProgressBar.builder()
              .setTaskName("gpt2j")
              .setInitialMax(all)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(UPDATE_MILLIS)
              .setConsumer(new Progress.Line(context.err()))
              .startsFrom(done, Duration.ofNanos(now - start))
              .build();
    }
    bar.setExtraMessage(" " + task);
    bar.stepTo(done);
  }

  @Override
  public void note(String line) {
    close();
    context.say(line);
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
