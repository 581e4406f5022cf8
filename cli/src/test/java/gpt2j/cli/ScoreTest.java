package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import gpt2j.cli.generate.ScorePrinter;
import gpt2j.cli.options.SourceText;
import gpt2j.model.gpt2.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How probable a text is, as the command line tells it. */
class ScoreTest {
  @TempDir private static Path directory;
  private static String model = "";

  @BeforeAll
  static void prepare() {
    model = Checkpoints.tiny(directory.resolve("model")).toString();
  }

  private static Result score(String... options) {
    String[] command = {"score", "--backend=reference", "--model", model};
    Result result =
        CliRun.cli(Stream.of(command, options).flatMap(Stream::of).toArray(String[]::new));
    assertEquals(0, result.exitCode(), result.err());
    return result;
  }

  @Test
  void theSumsAgreeWithTheSingleTokens() {
    Json json = Json.of(score("The quick brown fox", "--format=json").out());
    List<?> logprobs = json.list("token_logprobs");
    double sum = logprobs.stream().skip(1).mapToDouble(value -> (Double) value).sum();
    assertAll(
        () ->
            assertEquals(
                List.of("tokens", "token_logprobs", "mean_nll", "perplexity"), json.names()),
        () -> assertEquals(List.of(464, 2068, 7586, 21831), json.integers("tokens")),
        () -> assertEquals(4, logprobs.size()),
        () -> assertNull(logprobs.getFirst()),
        () -> assertEquals(-sum / 3, json.number("mean_nll"), 1e-9),
        () -> assertEquals(1, json.number("perplexity") / Math.exp(json.number("mean_nll")), 1e-9));
  }

  @Test
  void theMostProbableTokensComeBestFirst() {
    Json json = Json.of(score("The quick brown fox", "--top-logprobs=5", "--format=json").out());
    List<?> tops = json.list("top_logprobs");
    assertEquals(4, tops.size());
    assertNull(tops.getFirst());
    for (int i = 1; i < tops.size(); i++) {
      List<?> top = (List<?>) tops.get(i);
      assertEquals(5, top.size());
      List<Double> values = top.stream().map(pair -> (Double) ((List<?>) pair).get(1)).toList();
      assertEquals(values.stream().sorted((a, b) -> Double.compare(b, a)).toList(), values);
      assertTrue(values.getFirst() >= (Double) json.list("token_logprobs").get(i));
    }
  }

  @Test
  void theMostProbableTokenIsWhatGenerationDraws() {
    Json score =
        Json.of(score("--token-ids=464,2068,7586", "--top-logprobs=1", "--format=json").out());
    List<?> afterTwo = (List<?>) ((List<?>) score.list("top_logprobs").getLast()).getFirst();
    Json generated =
        Json.of(
            CliRun.cli(
                    "--backend=reference",
                    "--model",
                    model,
                    "--token-ids=464,2068",
                    "--max-new-tokens=1",
                    "--temperature=0",
                    "--format=json")
                .out());
    assertEquals(
        ((Double) afterTwo.getFirst()).intValue(), generated.integers("tokens").getFirst());
  }

  @Test
  void textsLongerThanTheContextAreScoredInWindows() {
    String ids = SourceText.Tokens.format(IntStream.range(100, 180).toArray());
    Json half = Json.of(score("--token-ids", ids, "--format=json").out());
    Json sixteen = Json.of(score("--token-ids", ids, "--stride=16", "--format=json").out());
    Json one = Json.of(score("--token-ids", ids, "--stride=1", "--format=json").out());
    assertAll(
        () -> assertEquals(80, half.list("token_logprobs").size()),
        () -> assertEquals(half.list("token_logprobs"), sixteen.list("token_logprobs")),
        () ->
            assertEquals(
                half.list("token_logprobs").subList(1, 32),
                one.list("token_logprobs").subList(1, 32),
                "the first window is the same for every stride"),
        () -> assertTrue(!half.list("token_logprobs").equals(one.list("token_logprobs"))));
  }

  @Test
  void peopleGetALineForEachToken() throws IOException {
    Path file = Files.writeString(directory.resolve("text.txt"), "The quick\n\tfox");
    Result result = score("--file", file.toString(), "--top-logprobs=1");
    List<String> lines = result.out().lines().toList();
    assertAll(
        () -> assertEquals("   464          -  \"The\"", lines.getFirst()),
        () -> assertTrue(lines.get(1).matches("  2068 +-[0-9.]+  \" quick\"  \".*\" -[0-9.]+")),
        () -> assertTrue(lines.get(2).contains("\"\\n\""), lines.get(2)),
        () ->
            assertTrue(
                lines.getLast().matches("tokens 5, mean loss [0-9.]+, perplexity [0-9.]+"),
                lines.getLast()),
        () ->
            assertTrue(
                result.err().matches("gpt2j: load [0-9.]+ ms; scored 5 tokens, [0-9.]+ tokens/s\n"),
                result.err()));
  }

  @Test
  void whatJsonHasNoNumberForIsNull() {
    Score score = new Score(List.of(), 1e4, Double.POSITIVE_INFINITY);
    Json json = Json.of(ScorePrinter.json(score, false));
    assertEquals(1e4, json.number("mean_nll"));
    assertTrue(json.members().containsKey("perplexity"));
    assertNull(json.members().get("perplexity"));
  }
}
