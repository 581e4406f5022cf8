package gpt2j.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The command line in a process of its own. */
final class CliProcess {
  private static final long PATIENCE_SECONDS = 120;
  private static final int KILLED = 128 + 9;
  private static final String BOOT_WARNING = "WARNING: Using incubator modules";

  private final Process process;
  private final CompletableFuture<String> err;

  private CliProcess(Process process) {
    this.process = process;
    // In a thread of its own: a process that doesn't end must not keep others from being read.
    err =
        CompletableFuture.supplyAsync(
            () -> readAll(process.getErrorStream()), Thread.ofVirtual()::start);
  }

  static CliProcess start(String... arguments) throws IOException {
    return startBy(List.of(), arguments);
  }

  /** Starts it by another command, which gets the command line as its last arguments. */
  static CliProcess startBy(List<String> starter, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(starter);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(System.getProperty("gpt2j.test.jvm.flags").strip().split("\\s+")));
    command.add("--module-path");
    command.add(System.getProperty("jdk.module.path"));
    command.add("--class-path");
    command.add(System.getProperty("java.class.path")); // the natives are there
    command.add("--module");
    command.add("gpt2j.cli/gpt2j.cli.Main");
    command.addAll(List.of(arguments));
    return new CliProcess(new ProcessBuilder(command).start());
  }

  InputStream out() {
    return process.getInputStream();
  }

  /** What is left of standard output, once it ends. */
  String remainingOutput() {
    return readAll(process.getInputStream());
  }

  /** Standard error, once the process has ended, without what the JVM says while it boots. */
  String err() {
    return err.join()
        .lines()
        .filter(line -> !line.startsWith(BOOT_WARNING))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  int exitCode() throws InterruptedException {
    try {
      if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return process.exitValue();
      }
      throw new AssertionError("the process doesn't end");
    } finally {
      process.destroyForcibly();
    }
  }

  boolean isRunning() {
    return process.isAlive();
  }

  /** Ends the test, and the process, if Ctrl-C can't reach it: where SIGINT is ignored. */
  void assumeCanBeInterrupted() throws IOException {
    boolean can = canBeInterrupted();
    if (!can) {
      process.destroyForcibly();
    }
    assumeTrue(can, "SIGINT is ignored here");
  }

  private boolean canBeInterrupted() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("SigIgn:")) {
        return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) == 0;
      }
    }
    return false;
  }

  /** Does what Ctrl-C does. */
  void interrupt() throws IOException, InterruptedException {
    signal("INT");
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** Ends it at once, as a power failure does; says whether it was running. */
  boolean kill() throws InterruptedException {
    process.destroyForcibly();
    return process.waitFor() == KILLED;
  }

  private static String readAll(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
