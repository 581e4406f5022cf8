package gpt2j.cli.options;

import gpt2j.cli.io.OneLine;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the path of a file or a directory. */
public final class PathName implements ITypeConverter<Path> {
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
