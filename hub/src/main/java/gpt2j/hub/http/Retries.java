package gpt2j.hub.http;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Tries again what may pass: after 1, 2, 4, 8 and 8 seconds, or when the server asks to, if that is
 * soon. What comes of a try may be the beginning of the next, so that a try that got on counts as
 * the first.
 *
 * @param most how often something is tried again at most, when nothing gets on
 * @param first how long to wait at first
 * @param longest how long to wait at most when the server asks to
 * @param notes is told why, and for how long, when waiting takes seconds
 */
public record Retries(int most, Duration first, Duration longest, Consumer<String> notes) {
  private static final int LARGEST_FACTOR = 8;
  private static final Duration WORTH_A_NOTE = Duration.ofSeconds(3);

  /** As {@code huggingface_hub} does it. */
  public static Retries usual(Consumer<String> notes) {
    return new Retries(5, Duration.ofSeconds(1), Duration.ofMinutes(2), notes);
  }

  /** The same with fewer tries. */
  public Retries atMost(int tries) {
    return new Retries(tries, first, longest, notes);
  }

  /** Something that may fail for now. */
  @FunctionalInterface
  public interface Try<T> {
    T run() throws IOException, InterruptedException;
  }

  /** Says how far something is, to tell whether it gets on. */
  @FunctionalInterface
  public interface Mark {
    long get();
  }

  /** Tries until it succeeds, or can't. */
  public <T> T run(Try<T> work) throws IOException, InterruptedException {
    return run(work, () -> 0);
  }

  /** The same for what goes on where it was when it failed. */
  public <T> T run(Try<T> work, Mark mark) throws IOException, InterruptedException {
    int tried = 0;
    for (long before = mark.get(); ; before = mark.get()) {
      try {
        return work.run();
      } catch (HttpFailure e) {
        tried = mark.get() > before ? 1 : tried + 1;
        if (!e.isPassing() || tried > most) {
          throw e;
        }
        Duration wait = wait(e, tried);
        if (wait.compareTo(WORTH_A_NOTE) >= 0) {
          notes.accept("%s; trying again in %d s".formatted(e.getMessage(), wait.toSeconds()));
        }
        Thread.sleep(wait);
      }
    }
  }

  private Duration wait(HttpFailure e, int tried) throws HttpFailure {
    if (e.askedWait().isPresent()) {
      Duration asked = e.askedWait().get();
      if (asked.compareTo(longest) > 0) {
        throw HttpFailure.ofStatus(
            "%s, and asks to wait for %d s".formatted(e.getMessage(), asked.toSeconds()),
            e.status(),
            e.code(),
            false,
            e.askedWait());
      }
      return asked.compareTo(first) > 0 ? asked : first;
    }
    return first.multipliedBy(Math.min(LARGEST_FACTOR, 1 << (tried - 1)));
  }
}
