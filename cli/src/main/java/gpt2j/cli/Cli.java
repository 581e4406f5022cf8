package gpt2j.cli;

import gpt2j.api.BackendProvider;
import gpt2j.cli.bench.BenchCommand;
import gpt2j.cli.data.BaselineCommand;
import gpt2j.cli.data.ConvertCommand;
import gpt2j.cli.data.DownloadCommand;
import gpt2j.cli.data.InitCommand;
import gpt2j.cli.data.PrepareCommand;
import gpt2j.cli.data.StoriesCommand;
import gpt2j.cli.generate.GenerateCommand;
import gpt2j.cli.generate.ScoreCommand;
import gpt2j.cli.generate.TokenizeCommand;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.OutputException;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Arguments;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.ModelOptions;
import gpt2j.cli.options.Version;
import gpt2j.cli.train.TrainCommand;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** The command line, apart from the process it runs in. */
final class Cli {
  private static final int WIDTH = 90;
  private static final int OPTION_WIDTH = 32;
  private static final String BENCH = "bench";
  private static final String GENERATE = "generate";
  private static final List<String> WITHOUT_BACKEND = List.of("--help", "-h", "--version", "-V");

  private final CommandContext context;

  Cli(CommandContext context) {
    this.context = context;
  }

  /** Does what the arguments ask for and returns the exit code; nothing is thrown. */
  int run(String... arguments) {
    String[] prepared = Arguments.prepare(arguments);
    List<String> given = List.of(prepared);
    Errors errors = new Errors(context, prepared);
    prepareBackend(given);
    try {
      return commandLine(needed(given))
          .setParameterExceptionHandler(errors)
          .setExecutionExceptionHandler(errors)
          .setExecutionStrategy(parsed -> execute(parsed, errors))
          .execute(prepared);
    } catch (Throwable e) {
      return handle(e, errors); // picocli leaves errors that aren't exceptions
    }
  }

  /**
   * Has the backend get ready that a text will be generated on, while the options are read. A guess
   * that costs little if it is wrong.
   */
  private void prepareBackend(List<String> arguments) {
    String first = first(arguments);
    boolean generates = first.equals(GENERATE) || first.startsWith("--");
    if (generates && Collections.disjoint(arguments, WITHOUT_BACKEND)) {
      BackendProvider provider = context.backends().get(backendName(arguments));
      if (provider != null) {
        provider.prepare();
      }
    }
  }

  /** A command, or an option of {@code generate}; empty without arguments. */
  private static String first(List<String> arguments) {
    return arguments.isEmpty() ? "" : arguments.getFirst();
  }

  private static String backendName(List<String> arguments) {
    String name = ModelOptions.DEFAULT_BACKEND;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.startsWith(ModelOptions.BACKEND + "=")) {
        name = argument.substring(ModelOptions.BACKEND.length() + 1);
      } else if (argument.equals(ModelOptions.BACKEND) && i + 1 < arguments.size()) {
        name = arguments.get(i + 1);
      }
    }
    return name;
  }

  /** Also where not even the classes can be loaded that tell one failure from another. */
  private int handle(Throwable e, Errors errors) {
    try {
      return errors.handle(e);
    } catch (LinkageError | OutOfMemoryError hopeless) {
      context
          .err()
          .println(
              "gpt2j: %s: is there enough memory, and of open files? (ulimit -a)".formatted(e));
      return ExitCode.FAILURE;
    }
  }

  /** All commands and options. */
  CommandLine commandLine() {
    return commandLine(command -> true);
  }

  /** The root, with those of its commands whose name passes. */
  private CommandLine commandLine(Predicate<String> needed) {
    Factory factory = new Factory(context.backends());
    CommandLine root = new CommandLine(new RootCommand(context), factory);
    commands()
        .forEach(
            (name, command) -> {
              if (needed.test(name)) {
                root.addSubcommand(name, new CommandLine(command.get(), factory));
              }
            });
    CommandLine bench = root.getSubcommands().get(BENCH);
    if (bench != null) {
      BenchCommand.commands(context)
          .forEach(
              (name, command) ->
                  bench.addSubcommand(name, new CommandLine(command.get(), factory)));
    }
    Arguments.registerConverters(root);
    configure(root);
    root.setCommandName("bin/cli");
    root.setExpandAtFiles(false); // a prompt may begin with @
    root.setUsageHelpWidth(WIDTH);
    root.setUsageHelpLongOptionsMaxWidth(OPTION_WIDTH);
    root.setHelpFactory(GroupedHelp.factory(this::inColor));
    root.setOut(context.out().writer());
    return root;
  }

  private Map<String, Supplier<Object>> commands() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put(GENERATE, () -> new GenerateCommand(context));
    commands.put("score", () -> new ScoreCommand(context));
    commands.put("tokenize", () -> new TokenizeCommand(context));
    commands.put("init", () -> new InitCommand(context));
    commands.put("convert", () -> new ConvertCommand(context));
    commands.put("download", () -> new DownloadCommand(context));
    commands.put("stories", () -> new StoriesCommand(context));
    commands.put("prepare", () -> new PrepareCommand(context));
    commands.put(TrainCommand.NAME, () -> new TrainCommand(context));
    commands.put("baseline", () -> new BaselineCommand(context));
    commands.put(BENCH, () -> new BenchCommand(context));
    commands.put("devices", () -> new DevicesCommand(context));
    commands.put("completion", () -> new CompletionCommand(context));
    commands.put("help", HelpCommand::new);
    return commands;
  }

  /**
   * Which commands the parser has to know for these arguments: all of them to explain or to suggest
   * something, else only those that occur. Making them all would take a good part of the start.
   */
  private Predicate<String> needed(List<String> arguments) {
    String first = first(arguments);
    boolean all =
        !first.startsWith("--") && !commands().containsKey(first)
            || !Collections.disjoint(arguments, List.of("--help", "-h", "help", "completion"));
    return name -> all || arguments.contains(name);
  }

  private static void configure(CommandLine command) {
    command.getCommandSpec().versionProvider(new Version());
    GroupedHelp.configure(command.getCommandSpec().usageMessage());
    command.getSubcommands().values().forEach(Cli::configure);
  }

  private boolean inColor() {
    return context.environment().getOrDefault("NO_COLOR", "").isEmpty() && context.outIsTerminal();
  }

  private int execute(ParseResult parsed, Errors errors) {
    if (parsed.hasSubcommand() && !parsed.matchedOptions().isEmpty()) {
      String option = parsed.matchedOptions().getFirst().longestName();
      throw new ParameterException(
          parsed.commandSpec().commandLine(),
          "%s: options come after the command, as in bin/cli %s %s …"
              .formatted(option, parsed.subcommand().commandSpec().name(), option));
    }
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    if (!last.isUsageHelpRequested() && !last.isVersionHelpRequested()) {
      try {
        EnvironmentDefaults.apply(last, context.environment());
      } catch (UserError e) {
        return errors.handle(e);
      }
    }
    try {
      return new RunLast().execute(parsed);
    } catch (OutputException e) { // from help, which picocli writes by itself
      return errors.handle(e);
    }
  }
}
