package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.Heartbeat;
import gpt2j.cli.io.Progress;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** That long work goes on is said again and again. */
class HeartbeatTest {
  private static final Duration OFTEN = Duration.ofMillis(1);

  @Test
  void saysHowFarItIsUntilItEnds() throws InterruptedException {
    var err = new ByteArrayOutputStream();
    CommandContext context = new CliRun().context(OutputStream.nullOutputStream(), err);
    CountDownLatch said = new CountDownLatch(3);
    AtomicInteger times = new AtomicInteger();
    try (Heartbeat _ =
        new Heartbeat(
            context,
            () -> {
              said.countDown();
              return "step " + times.incrementAndGet();
            },
            OFTEN)) {
      assertTrue(said.await(60, TimeUnit.SECONDS));
    }
    String text = err.toString(StandardCharsets.UTF_8);
    assertTrue(text.startsWith("gpt2j: step 1\ngpt2j: step 2\n"), text);
  }

  @Test
  void isSilentOnATerminal() throws InterruptedException {
    var err = new ByteArrayOutputStream();
    CommandContext context =
        new CliRun().onTerminal().context(OutputStream.nullOutputStream(), err);
    AtomicInteger times = new AtomicInteger();
    try (Heartbeat _ = new Heartbeat(context, () -> "step " + times.incrementAndGet(), OFTEN)) {
      Thread.sleep(20);
    }
    assertEquals(0, times.get());
    assertEquals("", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void everyWorkHasUnits() {
    CommandContext context =
        new CliRun().context(OutputStream.nullOutputStream(), OutputStream.nullOutputStream());
    try (Progress bytes = new Progress(context, "reading");
        Progress tokens = new Progress(context, "scoring", Progress.Unit.TOKENS)) {
      assertEquals("reading", bytes.line());
      bytes.report(5 << 20, (7 << 20) + 1);
      tokens.report(1234, 5678);
      assertEquals("reading: 5 of 8 MiB", bytes.line());
      assertEquals("scoring: 1,234 of 5,678 tokens", tokens.line());
    }
  }
}
