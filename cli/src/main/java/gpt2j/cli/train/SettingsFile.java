package gpt2j.cli.train;

import gpt2j.cli.io.OneLine;
import gpt2j.cli.io.TextFile;
import gpt2j.cli.io.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.core.json.JsonFactory;

/**
 * Values of options in a JSON object: {@code --batch-size 8} is {@code "batch_size": 8}. What the
 * command line gives wins.
 *
 * @param label what to call it in messages
 * @param values texts by the names of options, as they would be on the command line
 */
record SettingsFile(String label, Map<String, String> values) {
  /** Options of a command that are no settings. */
  private static final Set<String> NO_SETTINGS =
      Set.of("--help", "--version", "--debug", "--out", "--resume", "--config", "--format");

  /**
   * Reads a settings file.
   *
   * @throws UserError when it isn't a JSON object of numbers, texts and flags
   */
  static SettingsFile read(Path file) {
    String text = TextFile.read("--config", file);
    return parse("--config " + file, text);
  }

  /** The same from the text of one. */
  static SettingsFile parse(String label, String text) {
    JsonFactory factory =
        JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    Map<String, String> values = new LinkedHashMap<>();
    try (JsonParser json = factory.createParser(ObjectReadContext.empty(), text)) {
      JsonToken first = json.nextToken();
      if (first != JsonToken.START_OBJECT) {
        throw UserError.usage(label + (first == null ? ": is empty" : ": is not a JSON object"));
      }
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        JsonToken token = json.nextToken();
        if (token == JsonToken.VALUE_NULL) {
          continue; // as if it weren't there
        }
        if (!token.isScalarValue()) {
          throw UserError.usage(
              "%s: %s must be a number, a text, true or false"
                  .formatted(label, OneLine.quote(name)));
        }
        values.put("--" + name.replace('_', '-'), json.getString());
      }
      if (json.nextToken() != null) {
        throw UserError.usage(label + ": has more text after its JSON object");
      }
    } catch (JacksonException e) {
      throw UserError.usage(
          "%s: is not valid JSON, from character %d on"
              .formatted(label, Math.max(0, e.getLocation().getCharOffset())));
    }
    return new SettingsFile(label, values);
  }

  /** Those that aren't options of one of the names. */
  SettingsFile without(Iterable<String> options) {
    Map<String, String> rest = new LinkedHashMap<>(values);
    options.forEach(rest::remove);
    return new SettingsFile(label, rest);
  }

  /**
   * Sets the options that the command line doesn't give.
   *
   * @throws UserError when there is no such option, or it can't have the value
   */
  void apply(CommandSpec spec) {
    ParseResult given = spec.commandLine().getParseResult();
    values.forEach(
        (name, value) -> {
          OptionSpec option = NO_SETTINGS.contains(name) ? null : spec.findOption(name);
          if (option == null || !option.longestName().equals(name)) {
            throw UserError.usage(
                "%s: there is no setting %s".formatted(label, OneLine.quote(field(name))));
          }
          if (!given.hasMatchedOption(option)) {
            set(option, value);
          }
        });
  }

  private void set(OptionSpec option, String value) {
    ITypeConverter<?> converter = option.converters()[0];
    try {
      option.setValue(converter.convert(value));
    } catch (TypeConversionException e) {
      throw UserError.usage(
          "%s: %s %s".formatted(label, field(option.longestName()), e.getMessage()));
    } catch (Exception e) {
      throw new IllegalStateException(e); // our converters throw nothing else
    }
  }

  /** The text of a settings file: numbers, texts and flags by the names of fields. */
  static byte[] text(Map<String, Object> settings) {
    StringBuilder text = new StringBuilder("{");
    settings.forEach(
        (name, value) ->
            text.append(text.length() == 1 ? "\n  " : ",\n  ")
                .append(json(name))
                .append(": ")
                .append(value instanceof String ? json(value.toString()) : value));
    return text.append("\n}\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String json(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"';
  }

  /** What an option is called in a settings file. */
  static String field(String option) {
    return option.substring(2).replace('-', '_');
  }
}
