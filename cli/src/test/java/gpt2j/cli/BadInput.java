package gpt2j.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A call that must be refused. In the message and the arguments {@code @} is the directory of
 * prepared files; in the message {@code *} is any text.
 *
 * @param name what is wrong
 * @param message all of standard error, save for the {@code gpt2j: } in front
 */
record BadInput(
    String name,
    int exitCode,
    String message,
    List<String> arguments,
    byte[] input,
    Map<String, String> environment) {
  /** A wrong command line: exit code 2. */
  static BadInput usage(String name, String message, String... arguments) {
    return new BadInput(name, 2, message, List.of(arguments), new byte[0], Map.of());
  }

  /** A command line that may be right and can't be done: exit code 1. */
  static BadInput failure(String name, String message, String... arguments) {
    return new BadInput(name, 1, message, List.of(arguments), new byte[0], Map.of());
  }

  BadInput input(byte... bytes) {
    return new BadInput(name, exitCode, message, arguments, bytes, environment);
  }

  BadInput environment(String variable, String value) {
    return new BadInput(name, exitCode, message, arguments, input, Map.of(variable, value));
  }

  CliRun.Result run(Path directory) {
    return new CliRun()
        .input(input)
        .environment(in(directory, environment))
        .run(arguments.stream().map(a -> in(directory, a)).toArray(String[]::new));
  }

  /** What standard error must match. */
  Pattern expected(Path directory) {
    String all = "gpt2j: " + in(directory, message) + "\n";
    return Pattern.compile(
        Arrays.stream(all.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
  }

  private static Map<String, String> in(Path directory, Map<String, String> variables) {
    return variables.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> in(directory, entry.getValue())));
  }

  private static String in(Path directory, String text) {
    return text.replace("@", directory.toString());
  }

  @Override
  public String toString() {
    return name;
  }
}
