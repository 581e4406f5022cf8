package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The files by which a training run goes on, with each of their values and names in turn changed to
 * something else: the run is as it was, or one line names the file.
 */
class OddRunFilesTest {
  private static final String TEXT = "\"(?:[^\"\\\\]|\\\\.)*+\"";

  /** A member whose value is a number, a text, a flag, null, or an empty list. */
  private static final Pattern MEMBER =
      Pattern.compile("(" + TEXT + ")(\\s*:\\s*)(" + TEXT + "|\\[\\s*]|[-+.\\w]+)");

  /** What any of them becomes; a list and an object are of the wrong type everywhere. */
  private static final List<String> VALUES =
      List.of("null", "[1]", "{}", "\"a\\u0000b\"", "\"\"", "true", "-1", "0.5", "1e400");

  /** Those that training doesn't use, or that the command line gives. */
  private static final Set<String> UNUSED =
      Set.of("torch_dtype", "initializer_range", "n_ctx", "max_steps");

  private static final Set<String> RIGHT =
      Set.of(
          "untied_head: true",
          "plot: true",
          "seconds: 0.5",
          "loss: 0.5",
          "layer_norm_epsilon: 0.5",
          "scale_attn_by_inverse_layer_idx: true",
          "reorder_and_upcast_attn: true",
          "eos_token_id: [1]",
          "bos_token_id: [1]",
          "bos_token_id: -1",
          "eos_token_id: -1");

  @TempDir private static Path folder;
  private static Path run = Path.of("");

  @BeforeAll
  static void train() throws IOException {
    Path data = TrainingData.bytes(folder.resolve("data"));
    run = folder.resolve("run");
    CliRun.Result trained =
        TrainTest.train(data, run, "--max-steps=2", "--checkpoint-interval=1", "--keep=1");
    assertEquals(0, trained.exitCode(), trained.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"settings.json", "step-000002/training.json", "step-000002/config.json"})
  void eachValueIsRightOrRefusedInOneLine(String name) throws IOException {
    Path file = run.resolve(name);
    String good = Files.readString(file);
    List<MatchResult> members = MEMBER.matcher(good).results().toList();
    assertTrue(members.size() > 8, good);
    try {
      for (MatchResult member : members) {
        for (String value : VALUES) {
          if (!value.equals(member.group(3))) {
            check(file, member.group(1), value, replaced(good, member, 3, value));
          }
        }
        check(file, "a\0b", "null", replaced(good, member, 1, "\"a\\u0000b\""));
      }
    } finally {
      Files.writeString(file, good);
    }
  }

  private static String replaced(String text, MatchResult member, int group, String by) {
    return text.substring(0, member.start(group)) + by + text.substring(member.end(group));
  }

  private static void check(Path file, String name, String value, String text) throws IOException {
    Files.writeString(file, text);
    CliRun.Result result = CliRun.cli("train", "--resume=" + run, "--max-steps=2");
    String what = "%s with %s: %s, %s".formatted(file, name, value, result.err());
    assertTrue(result.exitCode() >= 0 && result.exitCode() <= 2, what);
    assertTrue(!result.err().contains("internal error"), what);
    assertTrue(result.err().chars().noneMatch(c -> c != '\n' && Character.isISOControl(c)), what);
    if (result.exitCode() != 0) {
      assertEquals(1, result.errors().size(), what);
    } else if (!value.equals("null")) { // what is left out has a default
      String plain = name.replace("\"", "");
      assertTrue(UNUSED.contains(plain) || RIGHT.contains(plain + ": " + value), what);
    }
  }
}
