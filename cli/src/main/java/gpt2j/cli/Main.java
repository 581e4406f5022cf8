package gpt2j.cli;

import gpt2j.bench.machine.HostWatch;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.io.Output;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Entry point of the command line. */
final class Main {
  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    var standardError = StandardError.restore();
    var interruption = new Interruption();
    var ended = endInOrder(interruption);
    var component = DaggerCliComponent.factory().create(System.getenv());
    var context =
        new CommandContext(
            System.in,
            new Output(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)),
                () -> Descriptors.isTerminal(CommandContext.OUT)),
            new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
            Descriptors::isTerminal,
            System.getenv(),
            component.backends(),
            component.hub(),
            () -> new HostWatch(), // its class is loaded by benchmarks alone
            interruption);
    standardError.join();
    int exitCode = run(context, arguments);
    ended.countDown();
    System.exit(exitCode);
  }

  private static int run(CommandContext context, String... arguments) {
    Optional<String> problem = RawArguments.problem(arguments);
    problem.ifPresent(context::say);
    return problem.isPresent() ? ExitCode.USAGE : new Cli(context).run(arguments);
  }

  /** On Ctrl-C, asks the command to end and waits until it has; the JVM then exits with 130. */
  private static CountDownLatch endInOrder(Interruption interruption) {
    var ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    boolean ignored =
                        ended.await(interruption.request().toMillis(), TimeUnit.MILLISECONDS);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    return ended;
  }
}
