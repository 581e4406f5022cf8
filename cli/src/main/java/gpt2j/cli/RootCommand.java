package gpt2j.cli;

import gpt2j.cli.generate.GenerateCommand;
import gpt2j.cli.io.CommandContext;
import picocli.CommandLine.Command;

/** The program: its commands, and generation when none is given. */
@Command(
    name = "gpt2j",
    description = {
      "Generates text with GPT-2.",
      "",
      "Options may be spelled as nanoGPT does (--start, --max_new_tokens, --top_k, …). Those under"
          + " Model, Generation and Sampling take their defaults from environment variables:"
          + " GPT2J_MODEL, GPT2J_TOP_K and so on, but for --num-samples, --stop and --seed."
    },
    exitCodeListHeading = "%n@|bold Exit codes|@%n",
    exitCodeList = {
      "0:it worked",
      "1:it failed: a file, the checkpoint or the backend",
      "2:the command line asks for something that can't be",
      "130:interrupted by Ctrl-C"
    })
final class RootCommand extends GenerateCommand {
  RootCommand(CommandContext context) {
    super(context);
  }
}
