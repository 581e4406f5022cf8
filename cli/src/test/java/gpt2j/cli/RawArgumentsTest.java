package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Arguments that aren't UTF-8. */
class RawArgumentsTest {
  private static final byte[] BAD = {'c', 'a', 'f', (byte) 0xE9};

  /** A command line; what is null is the bad argument. */
  private static byte[] commandLine(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes("java\0--module\0main\0".getBytes(StandardCharsets.UTF_8));
    for (String argument : arguments) {
      bytes.writeBytes(
          argument.contains("BAD")
              ? concatenated(argument.replace("BAD", ""), BAD)
              : argument.getBytes(StandardCharsets.UTF_8));
      bytes.write(0);
    }
    return bytes.toByteArray();
  }

  private static byte[] concatenated(String first, byte[] second) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(first.getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(second);
    return bytes.toByteArray();
  }

  private static Optional<String> problem(String... arguments) {
    String[] read = new String[arguments.length];
    for (int i = 0; i < read.length; i++) {
      read[i] = arguments[i].replace("BAD", "caf\uFFFD");
    }
    return RawArguments.problem(commandLine(arguments), read);
  }

  @Test
  void theOptionIsNamed() {
    String rest = ": is not UTF-8, as in %s; convert it first";
    assertEquals(
        Optional.of("--prompt" + rest.formatted("'caf\uFFFD'")),
        problem("--model", "m", "--prompt", "BAD"));
    assertEquals(
        Optional.of("--prompt" + rest.formatted("'--prompt=caf\uFFFD'")), problem("--prompt=BAD"));
    assertEquals(
        Optional.of("argument 2" + rest.formatted("'caf\uFFFD'")), problem("tokenize", "BAD"));
  }

  @Test
  void whatIsUtf8IsFine() {
    assertEquals(Optional.empty(), problem());
    assertEquals(Optional.empty(), problem("--prompt", "\uFFFD", "caf\u00e9", "\uD83D\uDE00", ""));
    assertEquals(Optional.empty(), RawArguments.problem("no replacement at all"));
  }

  @Test
  void whereNobodyCanTellItIsFine() {
    assertEquals(Optional.empty(), RawArguments.problem(new byte[0], "\uFFFD"));
  }
}
