package gpt2j.cli.train;

import gpt2j.cli.io.OneLine;
import gpt2j.cli.io.TextFile;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Arguments;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue.JsonNull;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

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
      Set.of(
          "--help",
          "--version",
          "--debug",
          "--out",
          "--resume",
          "--config",
          "--format",
          "--offline");

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
    Map<String, String> values = new LinkedHashMap<>();
    try {
      Json.readObject(text.getBytes(StandardCharsets.UTF_8))
          .members()
          .forEach(
              (name, value) -> {
                if (!(value instanceof JsonNull)) { // which is as if it weren't there
                  String plain = value.plain().orElseThrow(() -> notPlain(label, name));
                  values.put("--" + name.replace('_', '-'), plain);
                }
              });
    } catch (JsonException e) {
      throw UserError.usage(label + ": " + e.getMessage());
    }
    return new SettingsFile(label, values);
  }

  private static UserError notPlain(String label, String name) {
    return UserError.usage(
        "%s: %s must be a number, a text, true or false".formatted(label, OneLine.quote(name)));
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
            Arguments.set(option, value, "%s: %s".formatted(label, field(name)));
          }
        });
  }

  /** What an option is called in a settings file. */
  static String field(String option) {
    return option.substring(2).replace('-', '_');
  }
}
