package gpt2j.cli.options;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.TextFile;
import gpt2j.cli.io.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Options that each say where a text comes from, of which one must be given. */
public final class TextSources {
  private static final String STANDARD_INPUT = "-";

  private record Source(String option, Supplier<SourceText> reader) {}

  private final CommandContext context;
  private final List<Source> given = new ArrayList<>();

  TextSources(CommandContext context) {
    this.context = context;
  }

  /** A text, or - for that of standard input. */
  TextSources text(String option, @Nullable String text) {
    if (text != null) {
      given.add(
          new Source(
              option,
              () ->
                  text.equals(STANDARD_INPUT)
                      ? new SourceText.Text(TextFile.STANDARD_INPUT, TextFile.read(context.in()))
                      : new SourceText.Text(option, text)));
    }
    return this;
  }

  /** A file that holds a text. */
  TextSources file(String option, @Nullable Path file) {
    if (file != null) {
      given.add(
          new Source(
              option, () -> new SourceText.Text(option + " " + file, TextFile.read(option, file))));
    }
    return this;
  }

  /** Token ids, or - for those of standard input. */
  public TextSources tokenIds(String option, @Nullable String ids) {
    if (ids != null) {
      given.add(
          new Source(
              option,
              () -> {
                boolean standardInput = ids.equals(STANDARD_INPUT);
                String label = standardInput ? TextFile.STANDARD_INPUT : option;
                String text = standardInput ? TextFile.read(context.in()) : ids;
                return SourceText.Tokens.parse(label, text);
              }));
    }
    return this;
  }

  /**
   * Reads the one source that is given.
   *
   * @param none what to say when there is none
   */
  public SourceText read(String none) {
    if (given.isEmpty()) {
      throw UserError.usage(none);
    }
    if (given.size() > 1) {
      throw UserError.usage(
          given.stream().map(Source::option).collect(Collectors.joining(" and "))
              + " exclude each other: give one of them");
    }
    return given.getFirst().reader().get();
  }
}
