package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From nothing to tokens: stories, prepare and baseline. */
class PrepareTest {
  @TempDir private Path directory;

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void storiesBecomeTokens() throws IOException {
    Result stories = CliRun.cli("stories", "--bytes=30k", "--seed=5", "--out", path("s.txt"));
    assertEquals(0, stories.exitCode(), stories.err());
    assertTrue(
        stories.err().matches("gpt2j: wrote .*s\\.txt: 3\\d stories, 0\\.0 MB\n"), stories.err());
    Result printed = CliRun.cli("stories", "--bytes=30k", "--seed=5");
    assertEquals(Files.readString(directory.resolve("s.txt")), printed.out());
    assertEquals("", printed.err());
    Result json = CliRun.cli("stories", "--bytes=1k", "--seed=5", "--format=json");
    String first = printed.out().substring(0, printed.out().indexOf("\n<|endoftext|>\n"));
    assertEquals(first, Json.lines(json.out()).getFirst().text("text"));

    Result prepared =
        CliRun.cli("prepare", path("s.txt"), "--vocab-size=300", "--out", path("data"));
    assertEquals(0, prepared.exitCode(), prepared.err());
    assertEquals("", prepared.out());
    assertTrue(
        prepared
            .err()
            .matches(
                "gpt2j: wrote .*data: training \\d\\d documents, [\\d,]+ tokens; validation [34]"
                    + " documents, [\\d,]+ tokens; vocabulary of 300, 1\\.\\d\\d bytes per"
                    + " token; Markov chain of order 5: [01]\\.\\d{4} nats per byte\n"),
        prepared.err());

    Result baseline = CliRun.cli("baseline", path("data"), "--format=json");
    Json result = Json.lines(baseline.out()).getFirst();
    assertAll(
        () -> assertEquals(0, baseline.exitCode(), baseline.err()),
        () -> assertEquals(5, result.number("order")),
        () -> assertTrue(result.number("loss_per_byte") > 0.5),
        () -> assertTrue(result.number("loss_per_byte") < 1.5),
        () -> assertTrue(CliRun.cli("baseline", path("data")).out().startsWith("Markov chain")));
    // The folder has a tokenizer, so other commands take it for one.
    Result tokens = CliRun.cli("tokenize", "--model", path("data"), "Once upon a time");
    assertEquals(
        "Once upon a time\n",
        CliRun.cli("tokenize", "--model", path("data"), "--decode", tokens.out().strip()).out());
  }

  @Test
  void anInterruptedOneLeavesNothing() throws IOException {
    CliRun run = new CliRun();
    run.interruption().request();
    Path text = Files.writeString(directory.resolve("text.txt"), "Some words.");
    assertEquals(
        new Result(130, "", ""), run.run("prepare", text.toString(), "--out", path("data")));
    assertEquals(new Result(130, "", ""), run.run("stories", "--bytes=1M", "--out", path("s.txt")));
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(text), left.toList());
    }
  }
}
