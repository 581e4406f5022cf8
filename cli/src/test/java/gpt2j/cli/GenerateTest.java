package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a checkpoint to generated text. */
class GenerateTest {
  private static final int CONTEXT = 32;
  private static final Pattern TIMING =
      Pattern.compile(
          "gpt2j: load [0-9.]+ ms; prefill ([0-9]+) tokens?, [0-9.]+ tokens/s;"
              + " decode ([0-9]+) tokens?, [0-9.]+ tokens/s; TTFT [0-9.]+ ms; TPOT [0-9.]+ ms"
              + "(?:; seed ([0-9]+))?(?:; (.*))?\n");

  @TempDir private static Path directory;
  private static String model = "";

  @BeforeAll
  static void prepare() {
    model = Checkpoints.tiny(directory.resolve("model")).toString();
  }

  private static Result generate(String... options) {
    return generate(new CliRun(), options);
  }

  private static Result generate(CliRun run, String... options) {
    String[] command = {"--backend=reference", "--model", model};
    return run.run(Stream.of(command, options).flatMap(Stream::of).toArray(String[]::new));
  }

  private static List<Json> samples(String... options) {
    Result result =
        generate(
            Stream.concat(Stream.of(options), Stream.of("--format", "json"))
                .toArray(String[]::new));
    assertEquals(0, result.exitCode(), result.err());
    return Json.lines(result.out());
  }

  private static Json sample(String... options) {
    List<Json> samples = samples(options);
    assertEquals(1, samples.size());
    return samples.getFirst();
  }

  private static List<Integer> tokens(String... options) {
    return sample(options).integers("tokens");
  }

  private static Matcher timing(Result result) {
    Matcher timing = TIMING.matcher(result.err());
    assertTrue(timing.matches(), () -> "unexpected standard error: " + result.err());
    return timing;
  }

  @Test
  void textIsAllThatStandardOutputGets() {
    Result result = generate("--prompt=Hello world", "--max-new-tokens=12", "--seed=1");
    Json json = sample("--prompt=Hello world", "--max-new-tokens=12", "--seed=1");
    Matcher timing = timing(result);
    assertAll(
        () -> assertEquals(0, result.exitCode()),
        () -> assertEquals(json.get("text") + "\n", result.out()),
        () -> assertEquals("2", timing.group(1)),
        () -> assertEquals("11", timing.group(2)),
        () -> assertEquals("1", timing.group(3)),
        () -> assertEquals(null, timing.group(4)));
  }

  @Test
  void jsonHasEveryField() {
    Json json =
        sample("--prompt=Hello world", "--max-new-tokens=12", "--seed=1", "--precision=bf16");
    Json timings = (Json) json.get("timings");
    assertAll(
        () ->
            assertEquals(
                List.of(
                    "sample",
                    "prompt_tokens",
                    "truncated_prompt_tokens",
                    "tokens",
                    "text",
                    "finish_reason",
                    "backend",
                    "precision",
                    "use_cache",
                    "seed",
                    "timings"),
                json.names()),
        () -> assertEquals(List.of(15496, 995), json.integers("prompt_tokens")),
        () -> assertEquals(12, json.list("tokens").size()),
        () -> assertEquals("length", json.get("finish_reason")),
        () -> assertEquals("reference", json.get("backend")),
        () -> assertEquals("bf16", json.get("precision")),
        () -> assertEquals(true, json.get("use_cache")),
        () ->
            assertEquals(
                List.of(
                    "load_ms",
                    "prefill_ms",
                    "ttft_ms",
                    "tpot_ms",
                    "decode_ms",
                    "tokens_per_second"),
                timings.names()),
        () -> assertTrue(timings.names().stream().allMatch(name -> timings.number(name) > 0)));
  }

  @Test
  void generateIsTheCommandWhenNoneIsGiven() {
    Result named =
        CliRun.cli(
            "generate",
            "--backend=reference",
            "--model",
            model,
            "--prompt=Hello",
            "--max-new-tokens=5",
            "--seed=2");
    assertEquals(generate("--prompt=Hello", "--max-new-tokens=5", "--seed=2").out(), named.out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"stop", "recompute", "slide"})
  void withoutCacheTheSameTokensAreDrawn(String overflow) {
    String[] options = {
      "--prompt=Hello world", "--max-new-tokens=50", "--seed=3", "--context-overflow", overflow
    };
    String[] uncached =
        Stream.concat(Stream.of(options), Stream.of("--no-use-cache")).toArray(String[]::new);
    Json without = sample(uncached);
    assertEquals(false, without.get("use_cache"));
    assertEquals(tokens(options), without.integers("tokens"));
  }

  @Test
  void everySourceOfThePromptIsTheSame() throws IOException {
    Path file = Files.writeString(directory.resolve("prompt.txt"), "Hello wörld\n");
    byte[] bytes = Files.readAllBytes(file);
    String[] rest = {"--max-new-tokens=3", "--seed=1", "--format=json"};
    List<Result> results =
        List.of(
            generate(join(rest, "--prompt=Hello wörld\n")),
            generate(join(rest, "--prompt-file", file.toString())),
            generate(new CliRun().input(bytes), join(rest, "--prompt", "-")),
            generate(join(rest, "--token-ids=15496,266,30570,335,198")),
            generate(
                new CliRun().input("15496 266 30570\n335 198\n".getBytes(StandardCharsets.UTF_8)),
                join(rest, "--token-ids=-")));
    Json first = Json.of(results.getFirst().out());
    assertEquals(List.of(15496, 266, 30570, 335, 198), first.integers("prompt_tokens"));
    for (Result result : results) {
      Json json = Json.of(result.out());
      assertEquals(first.get("prompt_tokens"), json.get("prompt_tokens"));
      assertEquals(first.get("tokens"), json.get("tokens"));
    }
  }

  private static String[] join(String[] some, String... others) {
    return Stream.of(some, others).flatMap(Stream::of).toArray(String[]::new);
  }

  @Test
  void promptsBeginAsTheyLike() {
    for (String prompt :
        List.of("@home", "- one", "-hello", "--- two", "--top-k", "#", "'a' \"b\"", "${x} %d %n")) {
      Json json = sample("--prompt=" + prompt, "--max-new-tokens=1");
      assertEquals(
          CliRun.cli("tokenize", "--", prompt).out().strip(),
          TokenIds.format(
              json.integers("prompt_tokens").stream().mapToInt(Integer::intValue).toArray()),
          prompt);
    }
  }

  @Test
  void samplesAreSeparatedAndIndependentOfEachOther() {
    String[] options = {"--prompt=Hello", "--max-new-tokens=6", "--seed=4"};
    List<Json> three = samples(join(options, "--num-samples=3"));
    List<String> texts = three.stream().map(sample -> sample.text("text")).toList();
    assertAll(
        () -> assertEquals(sample(options).get("tokens"), three.getFirst().get("tokens")),
        () -> assertNotEquals(texts.get(0), texts.get(1)),
        () -> assertNotEquals(texts.get(1), texts.get(2)),
        () ->
            assertEquals(
                String.join("\n---------------\n", texts) + "\n",
                generate(join(options, "--num-samples=3")).out()));
  }

  @Test
  void samplesArePrintedInOrderThoughTheyEndInAnother() {
    String[] options = {"--prompt=Hello", "--max-new-tokens=12", "--seed=4", "--num-samples=4"};
    String later = samples(options).get(2).text("text");
    String stop = later.substring(later.length() / 2, later.length() / 2 + 3);
    List<Json> samples = samples(join(options, "--stop", stop));
    assertAll(
        () -> assertEquals("stop", samples.get(2).get("finish_reason")),
        () ->
            assertEquals(
                List.of(0.0, 1.0, 2.0, 3.0), samples.stream().map(s -> s.get("sample")).toList()),
        () ->
            assertEquals(
                String.join(
                        "\n---------------\n",
                        samples.stream().map(sample -> sample.text("text")).toList())
                    + "\n",
                generate(join(options, "--stop", stop)).out()));
  }

  @Test
  void aStopStringEndsTheTextAndIsLeftOut() {
    String[] options = {"--prompt=Hello", "--max-new-tokens=20", "--seed=6"};
    String text = sample(options).text("text");
    String stop = text.substring(10, 14);
    Json json = sample(join(options, "--stop=not in there", "--stop", stop));
    Result result = generate(join(options, "--stop", stop));
    assertAll(
        () -> assertEquals(text.substring(0, text.indexOf(stop)), json.get("text")),
        () -> assertEquals("stop", json.get("finish_reason")),
        () -> assertEquals(json.get("text") + "\n", result.out()),
        () -> assertEquals("ended at a stop string", timing(result).group(4)));
  }

  @Test
  void aFullContextIsSaid() {
    Result result = generate("--prompt=Hello", "--max-new-tokens=100", "--seed=1");
    assertEquals("ended because the context is full", timing(result).group(4));
    Json json = sample("--prompt=Hello", "--max-new-tokens=100", "--seed=1");
    assertAll(
        () -> assertEquals("length", json.get("finish_reason")),
        () -> assertEquals(CONTEXT, json.list("tokens").size()));
    assertEquals(
        40,
        tokens("--prompt=Hello", "--max-new-tokens=40", "--seed=1", "--context-overflow=slide")
            .size());
  }

  @Test
  void aPromptThatIsCutIsSaid() {
    String[] options = {
      "--token-ids=" + "7,".repeat(39) + "8", "--max-new-tokens=2", "--context-overflow=recompute"
    };
    Json json = sample(options);
    Result result = generate(options);
    assertAll(
        () -> assertEquals(CONTEXT, json.list("prompt_tokens").size()),
        () -> assertEquals(8.0, json.get("truncated_prompt_tokens")),
        () ->
            assertEquals(
                "gpt2j: the prompt is longer than the model's context; its first 8 tokens were left"
                    + " out",
                result.err().lines().toList().getFirst()),
        () -> assertEquals(2, result.err().lines().count()));
  }

  @Test
  void theSeedThatIsShownGivesTheSameAgain() {
    Result result = generate("--prompt=Hello", "--max-new-tokens=8");
    String seed = timing(result).group(3);
    assertEquals(
        result.out(), generate("--prompt=Hello", "--max-new-tokens=8", "--seed", seed).out());
  }

  @Test
  void temperatureZeroLeavesNothingToChance() {
    String[] options = {"--prompt=Hello", "--max-new-tokens=8", "--temperature=0"};
    Result result = generate(options);
    assertEquals(null, timing(result).group(3));
    assertEquals(result.out(), generate(join(options, "--seed=9")).out());
  }

  @Test
  void specialTokensAreRecognisedOnRequest() {
    Json json = sample("--prompt=<|endoftext|>", "--special", "--max-new-tokens=1");
    assertEquals(List.of(50256), json.integers("prompt_tokens"));
    Result asText = generate("--prompt=<|endoftext|>", "--max-new-tokens=1", "--format=json");
    assertAll(
        () -> assertEquals(7, Json.of(asText.out()).list("prompt_tokens").size()),
        () ->
            assertEquals(
                "gpt2j: note: --prompt has <|endoftext|>, taken as text; --special makes it one"
                    + " token\n",
                asText.err()));
  }

  @Test
  void nanoGptSpellingsMeanTheSame() throws IOException {
    Path file = Files.writeString(directory.resolve("start.txt"), "Hello");
    Json ours =
        sample(
            "--prompt=Hello",
            "--max-new-tokens=4",
            "--num-samples=1",
            "--top-k=5",
            "--no-use-cache",
            "--temperature=0.9",
            "--seed=8");
    Json theirs =
        sample(
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
                sample("--start", "Hello", "--max_new_tokens", "1", "--use_cache=True")
                    .get("use_cache")),
        () ->
            assertEquals(
                List.of(15496),
                sample("--start=FILE:" + file, "--max_new_tokens=1").integers("prompt_tokens")),
        () ->
            assertEquals(
                List.of(15496),
                sample("--start", "FILE:" + file, "--max_new_tokens=1").integers("prompt_tokens")));
  }

  @Test
  void environmentVariablesAreDefaults() {
    Map<String, String> environment =
        Map.of(
            "GPT2J_MODEL", model,
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
                        model,
                        "--prompt=a",
                        "--max-new-tokens=1")
                    .exitCode()));
  }

  private static Json run(Map<String, String> environment, String... options) {
    Result result = new CliRun().environment(environment).run(options);
    assertEquals(0, result.exitCode(), result.err());
    return Json.of(result.out());
  }

  @Test
  void theProcessorGeneratesToo() {
    Result result =
        CliRun.cli(
            "--backend=cpu",
            "--use-cache",
            "--threads=1",
            "--model",
            model,
            "--prompt=Hello world",
            "--max-new-tokens=8",
            "--temperature=0",
            "--format=json");
    assertEquals(0, result.exitCode(), result.err());
    Json json = Json.of(result.out());
    assertFalse(json.list("tokens").isEmpty());
    assertEquals("cpu", json.get("backend"));
    assertEquals(
        tokens("--prompt=Hello world", "--max-new-tokens=8", "--temperature=0"),
        json.integers("tokens"));
  }
}
