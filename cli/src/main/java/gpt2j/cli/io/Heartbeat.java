package gpt2j.cli.io;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Says every ten seconds how far long work is, where standard error is no terminal: who reads it
 * there must see that it goes on, whether the work comes to saying so itself or not.
 */
public final class Heartbeat implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final CountDownLatch closed = new CountDownLatch(1);

  public Heartbeat(CommandContext context, Supplier<String> line) {
    this(context, line, INTERVAL);
  }

  /**
   * A heartbeat.
   *
   * @param line what to say, asked for by another thread
   */
  public Heartbeat(CommandContext context, Supplier<String> line, Duration interval) {
    if (!context.errIsTerminal()) {
      Thread.ofPlatform()
          .name("heartbeat")
          .daemon()
          .start(
              () -> {
                while (!isClosedWithin(interval)) {
                  context.say(line.get());
                }
              });
    }
  }

  private boolean isClosedWithin(Duration time) {
    try {
      return closed.await(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      return true; // nobody does that
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
