package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.cli.CliRun.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text to tokens and back on the command line. */
class TokenizeTest {
  private static final String BYTE_LEVEL =
      """
      {
        "model": {
          "type": "BPE",
          "vocab": {"a": 0, "b": 1, "ab": 2},
          "merges": ["a b"]
        },
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
        "decoder": {"type": "ByteLevel"}
      }
      """;

  @TempDir private static Path directory;

  @Test
  void tokensCanBePastedIntoOtherCommands() {
    assertEquals(new Result(0, "15496,995\n", ""), CliRun.cli("tokenize", "Hello world"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Hello world", " two  spaces ", "line\nbreak\r\n\tand tab", "naïve café – “quoted”",
        "日本語 🙂👩‍👩‍👧", "<|endoftext|>", "-", "0"
      })
  void decodingGivesTheTextBack(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("text.txt"), text);
    String ids = CliRun.cli("tokenize", "--file", file.toString()).out();
    assertAll(
        () -> assertEquals(text + "\n", CliRun.cli("tokenize", "--decode", ids).out()),
        () ->
            assertEquals(
                text + "\n", new CliRun().input(ids).run("tokenize", "--decode", "-").out()),
        () -> assertEquals(ids, new CliRun().input(text).run("tokenize", "-").out()),
        () -> assertEquals(text, json("tokenize", "--decode", ids).text("text")));
  }

  @Test
  void aTerminalIsShownWhatItWouldObey() {
    String text = "a\u001b]0;title\u0007\u009b2J\rb\tc\n\u007fd é🙂";
    String ids = CliRun.cli("tokenize", text).out();
    String shown = "a\\u001b]0;title\\u0007\\u009b2J\\u000db\tc\n\\u007fd é🙂";
    String json = new CliRun().onTerminal().run("tokenize", "--decode", ids, "--format=json").out();
    assertAll(
        () -> assertEquals(text + "\n", CliRun.cli("tokenize", "--decode", ids).out()),
        () ->
            assertEquals(
                shown + "\n", new CliRun().onTerminal().run("tokenize", "--decode", ids).out()),
        () -> assertEquals(text, Json.of(json).text("text")),
        () -> assertEquals("\n", json.replaceAll("\\P{Cntrl}", "")));
  }

  private static Json json(String... arguments) {
    String[] all = Arrays.copyOf(arguments, arguments.length + 1);
    all[arguments.length] = "--format=json";
    return Json.of(CliRun.cli(all).out());
  }

  @Test
  void jsonHasTokensAndText() {
    Json json = json("tokenize", "Hello world");
    assertAll(
        () -> assertEquals(List.of("tokens", "text"), json.names()),
        () -> assertEquals(List.of(15496, 995), json.integers("tokens")),
        () -> assertEquals("Hello world", json.text("text")));
  }

  @Test
  void specialTokensAreRecognisedOnRequest() {
    assertAll(
        () ->
            assertEquals(
                new Result(0, "50256\n", ""), CliRun.cli("tokenize", "--special", "<|endoftext|>")),
        () ->
            assertEquals(
                new Result(
                    0,
                    "27,91,437,1659,5239,91,29\n",
                    "gpt2j: note: TEXT has <|endoftext|>, taken as text; --special makes it one"
                        + " token\n"),
                CliRun.cli("tokenize", "<|endoftext|>")),
        () ->
            assertEquals(
                new Result(0, "<|endoftext|>\n", ""), CliRun.cli("tokenize", "--decode=50256")));
  }

  @Test
  void aTextMayBeginWithADash() {
    assertEquals("12,31373\n", CliRun.cli("tokenize", "--", "-hello").out());
  }

  @Test
  void anEmptyTextHasNoTokens() {
    assertEquals(new Result(0, "\n", ""), CliRun.cli("tokenize", ""));
  }

  @Test
  void aCheckpointsOwnVocabularyIsUsed() throws IOException {
    Path own = Files.createDirectories(directory.resolve("own"));
    Files.writeString(own.resolve("tokenizer.json"), BYTE_LEVEL);
    assertAll(
        () ->
            assertEquals(
                new Result(0, "2,0\n", ""),
                CliRun.cli("tokenize", "--model", own.toString(), "aba")),
        () ->
            assertEquals(
                new Result(
                    2, "", "gpt2j: TEXT: the vocabulary has no token for byte 0x63 of the text\n"),
                CliRun.cli("tokenize", "--model", own.toString(), "abc")));
  }
}
