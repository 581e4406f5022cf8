package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.Progress;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The progress bar. */
class ProgressTest {
  private static final long MIB = 1 << 20;

  /** What is shown of work that reports twice, with a pause in between. */
  private static String shown(CliRun run, long pauseMillis) throws InterruptedException {
    var err = new ByteArrayOutputStream();
    CommandContext context = run.context(OutputStream.nullOutputStream(), err);
    try (Progress progress = new Progress(context, "loading")) {
      progress.report(MIB, 4 * MIB);
      Thread.sleep(pauseMillis);
      progress.report(2 * MIB, 4 * MIB);
    }
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void longWorkShowsOnATerminalAndIsWipedOut() throws InterruptedException {
    String shown = shown(new CliRun().onTerminal(), 900);
    assertAll(
        () -> assertTrue(shown.contains("gpt2j: loading  50% ["), shown),
        () -> assertTrue(shown.contains("2/4 MiB"), shown),
        () -> assertTrue(shown.endsWith("\r"), shown.replace("\r", "^M") + "$"),
        () -> assertEquals(-1, shown.indexOf('\n')));
  }

  @Test
  void elsewhereNothingShows() throws InterruptedException {
    assertEquals("", shown(new CliRun(), 900));
  }

  @Test
  void shortWorkShowsNothing() throws InterruptedException {
    assertEquals("", shown(new CliRun().onTerminal(), 0));
  }
}
