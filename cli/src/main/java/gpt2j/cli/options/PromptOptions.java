package gpt2j.cli.options;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.UserError;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What to go on from. */
public final class PromptOptions {
  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      converter = Arguments.Text.class,
      description = "The text to go on from; - reads standard input.")
  private @Nullable String prompt;

  @Option(
      names = "--prompt-file",
      paramLabel = "FILE",
      description = "A file with the text to go on from, taken as it is to the last line break.")
  private @Nullable Path file;

  @Option(
      names = "--token-ids",
      paramLabel = "IDS",
      description = "The tokens to go on from, as in 15496,995; - reads standard input.")
  private @Nullable String tokenIds;

  @Option(
      names = "--special",
      description =
          "In a text, take the names of special tokens, as <|endoftext|>, for those tokens.")
  private boolean special;

  public SourceText read(CommandContext context) {
    SourceText source =
        new TextSources(context)
            .text("--prompt", prompt)
            .file("--prompt-file", file)
            .tokenIds("--token-ids", tokenIds)
            .read("no prompt: give --prompt TEXT, --prompt-file FILE or --token-ids IDS");
    if (source.isEmpty()) {
      throw UserError.usage(
          source.label()
              + ": is empty, and there must be something to go on from; for a text of its own,"
              + " give --special --prompt '<|endoftext|>'");
    }
    return source;
  }

  public boolean special() {
    return special;
  }
}
