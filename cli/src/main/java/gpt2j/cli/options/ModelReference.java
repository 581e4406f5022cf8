package gpt2j.cli.options;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code --model} names: a path, or a model of the hub. Which of them, {@link ModelSource}
 * finds out.
 *
 * @param text as it was given
 */
public record ModelReference(String text) {
  /** What help calls it. */
  public static final String LABEL = "MODEL";

  @Override
  public String toString() {
    return text;
  }

  /** Reads one. */
  static final class Converter implements ITypeConverter<ModelReference> {
    @Override
    public ModelReference convert(String text) {
      if (text.isEmpty()) {
        throw new TypeConversionException(
            "must be a path or the name of a model of the hub, and is empty");
      }
      return new ModelReference(text);
    }
  }
}
