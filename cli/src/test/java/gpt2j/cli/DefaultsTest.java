package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Options that are spelled as elsewhere, or come from the environment. */
class DefaultsTest {
  @TempDir private static Path directory;
  private static TinyModel model = new TinyModel("");

  @BeforeAll
  static void prepare() {
    model = TinyModel.in(directory);
  }

  @Test
  void nanoGptSpellingsMeanTheSame() throws IOException {
    Path file = Files.writeString(directory.resolve("start.txt"), "Hello");
    Json ours =
        model.sample(
            "--prompt=Hello",
            "--max-new-tokens=4",
            "--num-samples=1",
            "--top-k=5",
            "--no-use-cache",
            "--temperature=0.9",
            "--seed=8");
    Json theirs =
        model.sample(
            "--start=Hello",
            "--max_new_tokens=4",
            "--num_samples=1",
            "--top_k=5",
            "--use_cache=False",
            "--temperature=0.9",
            "--seed=8");
    assertAll(
        () -> assertEquals(ours.get("tokens"), theirs.get("tokens")),
        () -> assertEquals(false, theirs.get("use_cache")),
        () ->
            assertEquals(
                true,
                model
                    .sample("--start", "Hello", "--max_new_tokens", "1", "--use_cache=True")
                    .get("use_cache")),
        () ->
            assertEquals(
                List.of(15496),
                model
                    .sample("--start=FILE:" + file, "--max_new_tokens=1")
                    .integers("prompt_tokens")),
        () ->
            assertEquals(
                List.of(15496),
                model
                    .sample("--start", "FILE:" + file, "--max_new_tokens=1")
                    .integers("prompt_tokens")));
  }

  @Test
  void theDefaultModelTellsStories() {
    Result text =
        CliRun.cli("--prompt=Once upon a time", "--max-new-tokens=120", "--temperature=0");
    assertEquals(0, text.exitCode(), text.err());
    assertTrue(text.out().matches("(?s), .* (there|named|lived) .*\\..*"), text.out());
    Result score = CliRun.cli("score", "--format=json", "Once upon a time, there was a girl.");
    assertTrue(Json.of(score.out()).number("perplexity") < 20, score.out());
  }

  @Test
  void environmentVariablesAreDefaults() {
    Map<String, String> environment =
        Map.of(
            "GPT2J_MODEL", model.path(),
            "GPT2J_BACKEND", "reference",
            "GPT2J_PRECISION", "bf16",
            "GPT2J_MAX_NEW_TOKENS", "3",
            "GPT2J_USE_CACHE", "false",
            "GPT2J_TOP_K", "");
    Json json = run(environment, "--prompt=Hello", "--format=json");
    assertAll(
        () -> assertEquals("reference", json.get("backend")),
        () -> assertEquals("bf16", json.get("precision")),
        () -> assertEquals(false, json.get("use_cache")),
        () -> assertEquals(3, json.list("tokens").size()));
    Json given =
        run(environment, "--prompt=Hello", "--format=json", "--max-new-tokens=2", "--use-cache");
    assertAll(
        () -> assertEquals(true, given.get("use_cache")),
        () -> assertEquals(2, given.list("tokens").size()));
  }

  private static Json run(Map<String, String> environment, String... options) {
    Result result = new CliRun().environment(environment).run(options);
    assertEquals(0, result.exitCode(), result.err());
    return Json.of(result.out());
  }

  @Test
  void aWrongEnvironmentVariableMattersOnlyWhereItIsUsed() {
    Map<String, String> environment = Map.of("GPT2J_THREADS", "many", "GPT2J_MODEL", "/none");
    CliRun run = new CliRun().environment(environment);
    assertAll(
        () -> assertEquals(0, run.run("--help").exitCode()),
        () -> assertEquals(0, run.run("devices").exitCode()),
        () ->
            assertEquals(
                0,
                run.run(
                        "--backend=reference",
                        "--threads=1",
                        "--model",
                        model.path(),
                        "--prompt=a",
                        "--max-new-tokens=1")
                    .exitCode()));
  }

  @Test
  void theModelOfTheEnvironmentIsNotLookedAtWhereThereIsAnotherChoice() throws IOException {
    CliRun run = new CliRun().environment(Map.of("GPT2J_MODEL", "/none"));
    Path text = Files.writeString(directory.resolve("text.txt"), "Once upon a time. ".repeat(9));
    Path full = Files.createDirectories(directory.resolve("full/of")).getParent();
    Result prepared =
        run.run("prepare", "" + text, "--vocab-size=260", "--out=" + directory.resolve("data"));
    Result bench = run.run("bench", "trace", "--size=gpt2", "--out=" + full);
    assertAll(
        () -> assertEquals(0, prepared.exitCode(), prepared.err()),
        () -> assertTrue(bench.err().contains("full: isn't empty"), bench.err()));
  }
}
