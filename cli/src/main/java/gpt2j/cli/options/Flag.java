package gpt2j.cli.options;

import gpt2j.cli.io.OneLine;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads true or false. */
public final class Flag implements ITypeConverter<Boolean> {
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
