package gpt2j.cli;

import static gpt2j.cli.TinyModel.CONTEXT;
import static gpt2j.cli.TinyModel.join;
import static gpt2j.cli.TinyModel.timing;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a checkpoint to generated text. */
class GenerateTest {
  @TempDir private static Path directory;
  private static TinyModel model = new TinyModel("");

  @BeforeAll
  static void prepare() {
    model = TinyModel.in(directory);
  }

  @Test
  void textIsAllThatStandardOutputGets() {
    Result result = model.generate("--prompt=Hello world", "--max-new-tokens=12", "--seed=1");
    Json json = model.sample("--prompt=Hello world", "--max-new-tokens=12", "--seed=1");
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
        model.sample("--prompt=Hello world", "--max-new-tokens=12", "--seed=1", "--precision=bf16");
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
            model.path(),
            "--prompt=Hello",
            "--max-new-tokens=5",
            "--seed=2");
    assertEquals(
        model.generate("--prompt=Hello", "--max-new-tokens=5", "--seed=2").out(), named.out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"stop", "recompute", "slide"})
  void withoutCacheTheSameTokensAreDrawn(String overflow) {
    String[] options = {
      "--prompt=Hello world", "--max-new-tokens=50", "--seed=3", "--context-overflow", overflow
    };
    String[] uncached =
        Stream.concat(Stream.of(options), Stream.of("--no-use-cache")).toArray(String[]::new);
    Json without = model.sample(uncached);
    assertEquals(false, without.get("use_cache"));
    assertEquals(model.sample(options).integers("tokens"), without.integers("tokens"));
  }

  @Test
  void samplesAreSeparatedAndIndependentOfEachOther() {
    String[] options = {"--prompt=Hello", "--max-new-tokens=6", "--seed=4"};
    List<Json> three = model.samples(join(options, "--num-samples=3"));
    List<String> texts = three.stream().map(sample -> sample.text("text")).toList();
    assertAll(
        () -> assertEquals(model.sample(options).get("tokens"), three.getFirst().get("tokens")),
        () -> assertNotEquals(texts.get(0), texts.get(1)),
        () -> assertNotEquals(texts.get(1), texts.get(2)),
        () ->
            assertEquals(
                String.join("\n---------------\n", texts) + "\n",
                model.generate(join(options, "--num-samples=3")).out()));
  }

  @Test
  void samplesArePrintedInOrderThoughTheyEndInAnother() {
    String[] options = {"--prompt=Hello", "--max-new-tokens=12", "--seed=4", "--num-samples=4"};
    String later = model.samples(options).get(2).text("text");
    String stop = later.substring(later.length() / 2, later.length() / 2 + 3);
    List<Json> samples = model.samples(join(options, "--stop", stop));
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
                model.generate(join(options, "--stop", stop)).out()));
  }

  @Test
  void aStopStringEndsTheTextAndIsLeftOut() {
    String[] options = {"--prompt=Hello", "--max-new-tokens=20", "--seed=6"};
    String text = model.sample(options).text("text");
    String stop = text.substring(10, 14);
    Json json = model.sample(join(options, "--stop=not in there", "--stop", stop));
    Result result = model.generate(join(options, "--stop", stop));
    assertAll(
        () -> assertEquals(text.substring(0, text.indexOf(stop)), json.get("text")),
        () -> assertEquals("stop", json.get("finish_reason")),
        () -> assertEquals(json.get("text") + "\n", result.out()),
        () -> assertEquals("ended at a stop string", timing(result).group(4)));
  }

  @Test
  void aFullContextIsSaid() {
    Result result = model.generate("--prompt=Hello", "--max-new-tokens=100", "--seed=1");
    assertEquals("ended because the context is full", timing(result).group(4));
    Json json = model.sample("--prompt=Hello", "--max-new-tokens=100", "--seed=1");
    assertAll(
        () -> assertEquals("length", json.get("finish_reason")),
        () -> assertEquals(CONTEXT, json.list("tokens").size()));
    assertEquals(
        40,
        model
            .sample("--prompt=Hello", "--max-new-tokens=40", "--seed=1", "--context-overflow=slide")
            .integers("tokens")
            .size());
  }

  @Test
  void theSeedThatIsShownGivesTheSameAgain() {
    Result result = model.generate("--prompt=Hello", "--max-new-tokens=8");
    String seed = timing(result).group(3);
    assertEquals(
        result.out(), model.generate("--prompt=Hello", "--max-new-tokens=8", "--seed", seed).out());
  }

  @Test
  void temperatureZeroLeavesNothingToChance() {
    String[] options = {"--prompt=Hello", "--max-new-tokens=8", "--temperature=0"};
    Result result = model.generate(options);
    assertEquals(null, timing(result).group(3));
    assertEquals(result.out(), model.generate(join(options, "--seed=9")).out());
  }

  @Test
  void theProcessorGeneratesToo() {
    Result result =
        CliRun.cli(
            "--backend=cpu",
            "--use-cache",
            "--threads=1",
            "--model",
            model.path(),
            "--prompt=Hello world",
            "--max-new-tokens=8",
            "--temperature=0",
            "--format=json");
    assertEquals(0, result.exitCode(), result.err());
    Json json = Json.of(result.out());
    assertFalse(json.list("tokens").isEmpty());
    assertEquals("cpu", json.get("backend"));
    assertEquals(
        model
            .sample("--prompt=Hello world", "--max-new-tokens=8", "--temperature=0")
            .integers("tokens"),
        json.integers("tokens"));
  }
}
