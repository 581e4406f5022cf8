package gpt2j.cli;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.OneLine;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a script for shell completion. */
@Command(
    name = "completion",
    description = "Prints a script that lets bash or zsh complete commands and options.",
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {"  source <(bin/cli completion)"})
final class CompletionCommand extends ContextCommand {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "SHELL",
      converter = Choice.OfShell.class,
      completionCandidates = Choice.OfShell.class,
      description = "${COMPLETION-CANDIDATES}: one script serves both.")
  private @Nullable String shell;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The name under which the program is called. Default: cli.")
  private String name = "cli";

  CompletionCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    if (!name.matches("[A-Za-z0-9._-]+")) {
      throw UserError.usage("--name: must be the name of a program, not " + OneLine.quote(name));
    }
    context.out().print(AutoComplete.bash(name, spec.root().commandLine()));
    return ExitCode.OK;
  }
}
