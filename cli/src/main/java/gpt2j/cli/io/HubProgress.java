package gpt2j.cli.io;

import gpt2j.hub.HubListener;
import gpt2j.hub.HubModel;
import org.jspecify.annotations.Nullable;

/** Shows how a download gets on, and ends it when the user wants an end. */
public final class HubProgress implements HubListener, AutoCloseable {
  private final CommandContext context;
  private final String task;
  private @Nullable Progress progress;

  public HubProgress(CommandContext context, HubModel model) {
    this.context = context;
    task = "downloading " + model;
  }

  @Override
  public void waiting() {
    context.interruption().check();
    if (progress == null) {
      progress = Progress.ofTransfer(context, task);
    }
  }

  @Override
  public void progressed(long bytes, long total) {
    waiting();
    if (progress != null && total > 0) {
      progress.report(bytes, total);
    }
  }

  @Override
  public void note(String line) {
    close();
    context.say("note: " + line);
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
      progress = null;
    }
  }
}
