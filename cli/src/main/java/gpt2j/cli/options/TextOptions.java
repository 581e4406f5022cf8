package gpt2j.cli.options;

import gpt2j.cli.io.CommandContext;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A text to look at. */
public final class TextOptions {
  @Parameters(
      arity = "0..1",
      paramLabel = "TEXT",
      description = "The text; - reads standard input. After -- it may begin with a dash.")
  private @Nullable String text;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "A file with the text, taken as it is to the last line break.")
  private @Nullable Path file;

  @Option(
      names = "--special",
      description =
          "In a text, take the names of special tokens, as <|endoftext|>, for those tokens.")
  private boolean special;

  /** Adds the text and the file to what may be given. */
  public TextSources sources(CommandContext context) {
    return new TextSources(context).text("TEXT", text).file("--file", file);
  }

  public boolean special() {
    return special;
  }
}
