package gpt2j.bench.baselines;

import gpt2j.bench.context.BenchContext;
import gpt2j.bench.measure.ResidentMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A program that runs beside this one and is spoken to line by line. */
final class ChildProcess implements AutoCloseable {
  private static final long POLL_MILLIS = 20;
  private static final long END_MILLIS = 2000;

  private final BenchContext context;
  private final String name;
  private final Process process;
  private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>(); // empty: end
  private final Thread errors;
  private volatile String lastError = "";
  private boolean peakIsKnown = true;
  private OptionalLong peak = OptionalLong.empty();

  /**
   * Starts a program.
   *
   * @param environment what it has besides this program's
   * @throws ProgramException when it can't be started
   */
  ChildProcess(BenchContext context, List<String> command, Map<String, String> environment)
      throws ProgramException {
    this.context = context;
    name = command.getFirst();
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    try {
      process = builder.start();
    } catch (IOException e) {
      String where = name.contains("/") ? "" : " on the PATH";
      throw ProgramException.gone("there is no " + name + where + " that could be started");
    }
    follow(process.getInputStream(), line -> lines.add(Optional.of(line)));
    errors =
        follow(
            process.getErrorStream(),
            line -> {
              if (!line.isBlank()) {
                lastError = line;
              }
            });
  }

  private Thread follow(InputStream stream, Consumer<String> reader) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (BufferedReader in =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                in.lines().forEach(reader);
              } catch (IOException | UncheckedIOException e) {
                // It was ended, or ended: what it said until then is there.
              } finally {
                if (stream == process.getInputStream()) {
                  lines.add(Optional.empty());
                }
              }
            });
  }

  /** Says a line to it. Whether it hears that is seen by what it answers. */
  void say(String line) {
    try {
      Writer out = process.outputWriter(StandardCharsets.UTF_8);
      out.write(line + "\n");
      out.flush();
    } catch (IOException e) {
      // It has ended, which the missing answer will show.
    }
  }

  /** Begins a stretch of which {@link #peak} tells the resident memory, if the system lets it. */
  void resetPeak() {
    peak = OptionalLong.empty();
    peakIsKnown = ResidentMemory.reset(process.pid());
  }

  /** The most resident memory that it had, as seen by the last line. */
  OptionalLong peak() {
    return peakIsKnown ? peak : OptionalLong.empty();
  }

  /**
   * Waits for a line; empty when it has ended.
   *
   * @throws ProgramException when there is none in time
   */
  Optional<String> line(Duration patience) throws ProgramException {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (true) {
        context.check();
        Optional<String> line = lines.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        look();
        if (line != null) {
          return line;
        }
        if (System.nanoTime() > deadline) {
          throw ProgramException.gone(
              "didn't answer within %s seconds; --timeout gives it more"
                  .formatted(patience.toSeconds()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ProgramException.gone("the wait for it was interrupted");
    }
  }

  /**
   * All lines until it has ended.
   *
   * @throws ProgramException when one doesn't come in time
   */
  List<String> lines(Duration patience) throws ProgramException {
    List<String> all = new ArrayList<>();
    for (Optional<String> line = line(patience); line.isPresent(); line = line(patience)) {
      all.add(line.get());
    }
    return all;
  }

  private void look() {
    OptionalLong now = ResidentMemory.peak(process.pid());
    if (now.isPresent()) {
      peak = now; // it never falls
    }
  }

  /** Whether it went well, once it has closed its output. */
  boolean succeeded() throws ProgramException {
    return exitCode() == 0;
  }

  /** Why it ended, once it has closed its output. */
  ProgramException ended() throws ProgramException {
    int exitCode = exitCode(); // by then all that it said was read
    String last = lastError;
    return ProgramException.gone(
        "ended with exit code %d%s".formatted(exitCode, last.isEmpty() ? "" : ": " + last));
  }

  private int exitCode() throws ProgramException {
    try {
      errors.join(END_MILLIS);
      if (!process.waitFor(END_MILLIS, TimeUnit.MILLISECONDS)) {
        throw ProgramException.gone("closed its output and doesn't end");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ProgramException.gone("the wait for its end was interrupted");
    }
  }

  /** Ends it, and all that it has started. */
  @Override
  public void close() {
    List<ProcessHandle> started = process.descendants().toList();
    process.destroyForcibly();
    started.forEach(ProcessHandle::destroyForcibly);
    try {
      boolean ignored = process.waitFor(END_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
