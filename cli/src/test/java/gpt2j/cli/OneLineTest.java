package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.io.OneLine;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that no text of the user's or of a file's can spoil. */
class OneLineTest {
  @Test
  void whatIsNotSeenIsWritten() {
    assertEquals(
        "a \\u001b[31mb\\u0000c\\u0085d\\u202ee\\U000e0001f\\ud800g é漢\uD83D\uDE00",
        OneLine.of("a\n\u001B[31mb\0c\u0085d\u202Ee\uDB40\uDC01f\uD800g\té漢\uD83D\uDE00"));
  }

  @Test
  void nothingIsLost() {
    String text = "x".repeat(1000);
    assertEquals(text, OneLine.of(text));
    assertEquals(OneLine.of("\u001B"), OneLine.of(OneLine.of("\u001B")));
  }

  @Test
  void lengthIsBoundedAndBothEndsAreKept() {
    String line = OneLine.of("\uD83D\uDE00" + "x".repeat(100_000) + "; do that");
    assertAll(
        () -> assertTrue(line.length() < 1100, line),
        () -> assertTrue(line.startsWith("\uD83D\uDE00xxx"), line),
        () -> assertTrue(line.endsWith("xxx; do that"), line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--model=",
        "--prompt-file=",
        "--token-ids=1,",
        "--backend=",
        "--top-k=",
        "--stop=",
        "--",
        "",
        "init --out=",
        "convert --out=x --model=",
        "prepare --out=x ",
        "train --resume=",
        "bench compare "
      })
  void longValuesAreNotEchoedWhole(String call, @TempDir Path folder) {
    String value = "\u001B]0;" + "/x".repeat(2500);
    String[] arguments = (call + value).split(" ");
    CliRun.Result result = CliRun.cli(arguments);
    assertAll(
        () -> assertTrue(result.exitCode() > 0, result.err()),
        () -> assertEquals(1, result.err().lines().count(), result.err()),
        () -> assertTrue(result.err().length() < 1200, result.err()),
        () -> assertTrue(result.err().indexOf('\u001B') < 0, result.err()));
  }
}
