package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script for shells, in a shell. */
class CompletionTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "cli --max-n, --max-new-tokens",
    "cli --presence, --presence-penalty",
    "cli --freq, --frequency-penalty",
    "cli --logit, --logit-bias",
    "cli --allowed, --allowed-tokens",
    "cli tok, tokenize",
    "cli score --top-, --top-logprobs",
    "cli --backend cu, cuda",
    "cli --cuda-gemm cub, cublas",
    "cli score --precision b, bf16",
    "cli init --size gpt2-m, gpt2-medium",
    "cli --context-overflow re, recompute",
  })
  void wordsAreCompleted(String line, String expected) throws Exception {
    assertEquals(List.of(expected), complete(line));
  }

  @Test
  void spellingsOfOthersAreNotSuggested() throws Exception {
    List<String> suggestions = complete("cli --m");
    assertTrue(suggestions.containsAll(List.of("--max-new-tokens", "--min-p", "--model")));
    assertTrue(suggestions.stream().noneMatch(option -> option.contains("_")));
  }

  @Test
  void theNameOfTheProgramCanBeChosen() {
    String script = CliRun.cli("completion", "bash", "--name=gpt2j").out();
    assertTrue(script.contains("complete -F _complete_gpt2j"), script);
  }

  /** What bash suggests for the last word of a line. */
  private List<String> complete(String line) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "there is no bash");
    Path script = directory.resolve("completion");
    Files.writeString(script, CliRun.cli("completion").out());
    String words = "COMP_WORDS=(" + line + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); ";
    Process bash =
        new ProcessBuilder(
                "/bin/bash",
                "-c",
                "compopt() { :; }; source \"$0\"; "
                    + words
                    + "_complete_cli; printf '%s\\n' \"${COMPREPLY[@]}\"",
                script.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, bash.waitFor());
    return output.lines().map(String::strip).toList();
  }
}
