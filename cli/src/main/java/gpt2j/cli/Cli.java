package gpt2j.cli;

import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** The command line, apart from the process it runs in. */
final class Cli {
  private static final int WIDTH = 90;
  private static final int OPTION_WIDTH = 32;

  private final Context context;

  Cli(Context context) {
    this.context = context;
  }

  /** Does what the arguments ask for and returns the exit code; nothing is thrown. */
  int run(String... arguments) {
    String[] prepared = Arguments.prepare(arguments);
    Errors errors = new Errors(context, prepared);
    try {
      return commandLine()
          .setParameterExceptionHandler(errors)
          .setExecutionExceptionHandler(errors)
          .setExecutionStrategy(parsed -> execute(parsed, errors))
          .execute(prepared);
    } catch (Throwable e) {
      return errors.handle(e); // picocli leaves errors that aren't exceptions
    }
  }

  /** All commands and options. */
  CommandLine commandLine() {
    Factory factory = new Factory(context.backends());
    CommandLine root = new CommandLine(new RootCommand(context), factory);
    root.addSubcommand(new CommandLine(new GenerateCommand(context), factory));
    root.addSubcommand(new CommandLine(new ScoreCommand(context), factory));
    root.addSubcommand(new CommandLine(new TokenizeCommand(context), factory));
    root.addSubcommand(new CommandLine(new InitCommand(context), factory));
    root.addSubcommand(new CommandLine(new DevicesCommand(context), factory));
    root.addSubcommand(new CommandLine(new CompletionCommand(context), factory));
    root.addSubcommand(new CommandLine(new HelpCommand(), factory));
    configure(root.getCommandSpec());
    root.getSubcommands().values().forEach(command -> configure(command.getCommandSpec()));
    root.setCommandName("bin/cli");
    root.setExpandAtFiles(false); // a prompt may begin with @
    root.setUsageHelpWidth(WIDTH);
    root.setUsageHelpLongOptionsMaxWidth(OPTION_WIDTH);
    root.setHelpFactory(GroupedHelp.factory(this::inColor));
    root.setOut(context.out().writer());
    return root;
  }

  private static void configure(CommandSpec spec) {
    spec.versionProvider(new Version());
    GroupedHelp.configure(spec.usageMessage());
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
    ParseResult last = parsed.hasSubcommand() ? parsed.subcommand() : parsed;
    if (!last.isUsageHelpRequested() && !last.isVersionHelpRequested()) {
      try {
        EnvironmentDefaults.apply(last, context.environment());
      } catch (UserError e) {
        return errors.handle(e);
      }
    }
    return new RunLast().execute(parsed);
  }
}
