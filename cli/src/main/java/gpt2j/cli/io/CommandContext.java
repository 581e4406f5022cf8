package gpt2j.cli.io;

import gpt2j.api.BackendProvider;
import gpt2j.bench.context.MachineWatch;
import gpt2j.hub.Hub;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * What commands work with.
 *
 * @param in standard input
 * @param out standard output, for results only
 * @param err standard error, for everything else
 * @param isTerminal whether a file descriptor is a terminal
 * @param environment the environment variables
 * @param backends every backend by name
 * @param hub has the models that are known by a name
 * @param machine makes what sees how busy the machine is and how fast its memory, for benchmarks
 * @param interruption tells when the user wants an end
 */
public record CommandContext(
    InputStream in,
    Output out,
    PrintStream err,
    IntPredicate isTerminal,
    Map<String, String> environment,
    Map<String, BackendProvider> backends,
    Hub hub,
    Supplier<MachineWatch> machine,
    Interruption interruption) {
  public static final int OUT = 1;
  private static final int ERR = 2;

  public boolean outIsTerminal() {
    return isTerminal.test(OUT);
  }

  public boolean errIsTerminal() {
    return isTerminal.test(ERR);
  }

  /** Says something to the user, in a line of its own on standard error. */
  public void say(String message) {
    err.println("gpt2j: " + OneLine.of(message));
    err.flush();
  }
}
