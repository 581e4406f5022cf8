package gpt2j.cli;

import gpt2j.cli.io.OneLine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The bytes of the arguments, in which Java replaces what isn't UTF-8 without a word. */
final class RawArguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
  private static final char REPLACEMENT = '\uFFFD';

  private RawArguments() {}

  /** What is wrong with the arguments of this process; nothing, too, where one can't tell. */
  static Optional<String> problem(String... arguments) {
    if (Arrays.stream(arguments).noneMatch(argument -> argument.indexOf(REPLACEMENT) >= 0)) {
      return Optional.empty();
    }
    try {
      return problem(Files.readAllBytes(COMMAND_LINE), arguments);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * The same.
   *
   * @param commandLine the arguments of a process, a zero after each; the last ones are these
   */
  static Optional<String> problem(byte[] commandLine, String... arguments) {
    List<byte[]> all = split(commandLine);
    int before = all.size() - arguments.length;
    for (int i = 0; i < arguments.length && before >= 0; i++) {
      if (!isUtf8(all.get(before + i))) {
        return Optional.of(
            "%s: is not UTF-8, as in %s; convert it first"
                .formatted(label(i, arguments), OneLine.quote(arguments[i])));
      }
    }
    return Optional.empty();
  }

  private static String label(int index, String... arguments) {
    String argument = arguments[index];
    int separator = argument.indexOf('=');
    if (argument.startsWith("--") && separator > 0) {
      return argument.substring(0, separator);
    }
    boolean isValue = index > 0 && arguments[index - 1].matches("--[a-z].*");
    return isValue ? arguments[index - 1] : "argument " + (index + 1);
  }

  private static List<byte[]> split(byte[] commandLine) {
    List<byte[]> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < commandLine.length; i++) {
      if (commandLine[i] == 0) {
        parts.add(Arrays.copyOfRange(commandLine, start, i));
        start = i + 1;
      }
    }
    return parts;
  }

  private static boolean isUtf8(byte... bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
