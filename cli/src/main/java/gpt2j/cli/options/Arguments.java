package gpt2j.cli.options;

import gpt2j.cli.io.OneLine;
import gpt2j.cli.io.UserError;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/** Prepares arguments for the parser. */
public final class Arguments {
  private static final String START = "--start";
  private static final String FILE = "FILE:";

  /** nanoGPT's spellings of options. */
  private static final Map<String, String> NANOGPT =
      Map.of(
          START,
          "--prompt",
          "--max_new_tokens",
          "--max-new-tokens",
          "--num_samples",
          "--num-samples",
          "--top_k",
          "--top-k",
          "--top_p",
          "--top-p",
          "--min_p",
          "--min-p",
          "--repetition_penalty",
          "--repetition-penalty",
          "--use_cache",
          "--use-cache",
          "--no_use_cache",
          "--no-use-cache");

  private static final List<String> TEXTS = List.of("--prompt", "--stop");

  /** Comes before a text that looks like an option, and can't be part of an argument. */
  private static final String MARK = "\0";

  /** What reads options that say nothing else: an int is a count, 1 or more, a long a seed. */
  private static final Map<Class<?>, ITypeConverter<?>> USUAL =
      Map.of(
          Path.class, new PathName(),
          ModelReference.class, new ModelReference.Converter(),
          int.class, new Quantity.Count(),
          Integer.class, new Quantity.Count(),
          long.class, new Quantity.Seed(),
          Long.class, new Quantity.Seed());

  private Arguments() {}

  /**
   * The arguments as this program's parser reads them: options in its own spelling, and the text
   * after {@code --prompt=} recognisable as such even if it begins with a dash.
   */
  public static String[] prepare(String... arguments) {
    String[] prepared = arguments.clone();
    for (int i = 0; i < prepared.length && !prepared[i].equals("--"); i++) {
      if (prepared[i].equals(START)
          && i + 1 < prepared.length
          && prepared[i + 1].startsWith(FILE)) {
        prepared[i] = "--prompt-file";
        prepared[i + 1] = prepared[i + 1].substring(FILE.length());
      } else {
        prepared[i] = prepare(prepared[i]);
      }
    }
    return prepared;
  }

  private static String prepare(String argument) {
    int separator = argument.indexOf('=');
    if (separator < 0) {
      return NANOGPT.getOrDefault(argument, argument);
    }
    String name = argument.substring(0, separator);
    String value = argument.substring(separator + 1);
    if (name.equals(START) && value.startsWith(FILE)) {
      return "--prompt-file=" + value.substring(FILE.length());
    }
    String option = NANOGPT.getOrDefault(name, name);
    boolean looksLikeAnOption =
        TEXTS.contains(option) && value.length() > 1 && value.startsWith("-");
    return option + "=" + (looksLikeAnOption ? MARK : "") + value;
  }

  /** Has a command and those below it read options that have no converter of their own. */
  @SuppressWarnings("unchecked") // each reads values of its type
  public static void registerConverters(CommandLine command) {
    USUAL.forEach(
        (type, converter) ->
            command.registerConverter((Class<Object>) type, (ITypeConverter<Object>) converter));
  }

  /**
   * Sets an option that the arguments don't have.
   *
   * @param label what to say before the reason why it can't have the value
   * @throws UserError when it can't
   */
  public static void set(OptionSpec option, String value, String label) {
    ITypeConverter<?>[] own = option.converters();
    try {
      option.setValue((own.length == 0 ? USUAL.get(option.type()) : own[0]).convert(value));
    } catch (TypeConversionException e) {
      throw UserError.usage(label + " " + e.getMessage());
    } catch (Exception e) {
      throw new IllegalStateException(e); // our converters throw nothing else
    }
  }

  /** Reads a text, which may look like an option. */
  public static final class Text implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      return text.startsWith(MARK) ? text.substring(MARK.length()) : text;
    }
  }

  /** Reads the path of a file or a directory. */
  public static final class PathName implements ITypeConverter<Path> {
    @Override
    public Path convert(String text) {
      if (text.isEmpty()) {
        throw new TypeConversionException("must be a path, and is empty");
      }
      try {
        return Path.of(text);
      } catch (InvalidPathException e) {
        throw new TypeConversionException(
            "must be a path, not %s: %s".formatted(OneLine.quote(text), e.getReason()));
      }
    }
  }

  /** Reads true or false. */
  public static final class Flag implements ITypeConverter<Boolean> {
    @Override
    public Boolean convert(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true", "1", "yes", "on" -> true;
        case "false", "0", "no", "off" -> false;
        default ->
            throw new TypeConversionException("must be true or false, not " + OneLine.quote(text));
      };
    }
  }
}
