package gpt2j.cli;

import gpt2j.api.BackendProvider;
import gpt2j.bench.context.MachineWatch;
import gpt2j.bench.machine.HostWatch;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.io.Output;
import gpt2j.testkit.ReferenceBackendProvider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * One call of the command line within this process, through the entry that {@link Main} uses. The
 * backends are those of the build and the reference backend.
 */
final class CliRun {
  private static final String NO_ERROR =
      "gpt2j: (note: |training in|going on from|step \\d|sample: |beginning|checking |counting "
          + "|making tokens|\\d+ %: |[a-z ]+: [\\d,]+ of [\\d,]+ ).*";

  private byte[] standardInput = {};
  private Map<String, String> environment = Map.of();
  private @Nullable OutputStream standardOutput;
  private boolean onTerminal;
  private Supplier<MachineWatch> machine = QuickWatch::new;
  private final Interruption interruption = new Interruption();

  /**
   * What came of it.
   *
   * @param out standard output
   * @param err standard error
   */
  record Result(int exitCode, String out, String err) {
    /** Standard error without notes, and without what long work says now and then. */
    List<String> errors() {
      return err.lines().filter(line -> !line.matches(NO_ERROR)).toList();
    }
  }

  /** Runs with nothing special. */
  static Result cli(String... arguments) {
    return new CliRun().run(arguments);
  }

  CliRun input(String text) {
    return input(text.getBytes(StandardCharsets.UTF_8));
  }

  CliRun input(byte[] bytes) {
    standardInput = bytes;
    return this;
  }

  CliRun environment(Map<String, String> variables) {
    environment = variables;
    return this;
  }

  /** Where standard output goes instead of to the result. */
  CliRun output(OutputStream stream) {
    standardOutput = stream;
    return this;
  }

  /** Lets standard output and standard error pass for a terminal. */
  CliRun onTerminal() {
    onTerminal = true;
    return this;
  }

  /** Has benchmarks measure the memory as they do for users, in seconds instead of at once. */
  CliRun onThisMachine() {
    machine = HostWatch::new;
    return this;
  }

  Interruption interruption() {
    return interruption;
  }

  Result run(String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    CommandContext context = context(standardOutput == null ? out : standardOutput, err);
    int exitCode = new Cli(context).run(arguments);
    return new Result(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** All commands and options. */
  static CommandLine commandLine() {
    var nowhere = OutputStream.nullOutputStream();
    return new Cli(new CliRun().context(nowhere, nowhere)).commandLine();
  }

  /** What commands work with. */
  CommandContext context(OutputStream out, OutputStream err) {
    Map<String, String> withoutNetwork = new TreeMap<>(Map.of("HF_HUB_OFFLINE", "1"));
    withoutNetwork.putAll(environment);
    CliComponent component = DaggerCliComponent.factory().create(withoutNetwork);
    Map<String, BackendProvider> backends = new TreeMap<>(component.backends());
    backends.put("reference", new ReferenceBackendProvider());
    return new CommandContext(
        new ByteArrayInputStream(standardInput),
        new Output(out, () -> onTerminal),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        descriptor -> onTerminal,
        environment,
        backends,
        component.hub(),
        machine,
        interruption);
  }

  /** Knows how fast memory is without reading it. */
  private static final class QuickWatch implements MachineWatch {
    private final HostWatch watch = new HostWatch();

    @Override
    public Supplier<OptionalDouble> others() {
      return watch.others();
    }

    @Override
    public OptionalDouble readBandwidth(int threads) {
      return OptionalDouble.of(1e10);
    }
  }
}
