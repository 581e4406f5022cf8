package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A model small enough for the reference backend, and what it generates.
 *
 * @param path where it is
 */
record TinyModel(String path) {
  static final int CONTEXT = 32;

  /** The timing line: tokens of the prompt, tokens decoded, seed, why it ended. */
  private static final Pattern TIMING =
      Pattern.compile(
          "gpt2j: load [0-9.]+ ms; prefill ([0-9]+) tokens?, [0-9.]+ tokens/s;"
              + " decode ([0-9]+) tokens?, [0-9.]+ tokens/s; TTFT [0-9.]+ ms; TPOT [0-9.]+ ms"
              + "(?:; seed ([0-9]+))?(?:; (.*))?\n");

  static TinyModel in(Path directory) {
    return new TinyModel(Checkpoints.tiny(directory.resolve("model")).toString());
  }

  Result generate(String... options) {
    return generate(new CliRun(), options);
  }

  Result generate(CliRun run, String... options) {
    return run.run(join(new String[] {"--backend=reference", "--model", path}, options));
  }

  /** What {@code --format json} prints. */
  List<Json> samples(String... options) {
    Result result = generate(join(options, "--format", "json"));
    assertEquals(0, result.exitCode(), result.err());
    return Json.lines(result.out());
  }

  /** The same for one sample. */
  Json sample(String... options) {
    List<Json> samples = samples(options);
    assertEquals(1, samples.size());
    return samples.getFirst();
  }

  static String[] join(String[] some, String... others) {
    return Stream.of(some, others).flatMap(Stream::of).toArray(String[]::new);
  }

  /** Standard error, which must be a timing line and nothing else. */
  static Matcher timing(Result result) {
    Matcher timing = TIMING.matcher(result.err());
    assertTrue(timing.matches(), () -> "unexpected standard error: " + result.err());
    return timing;
  }
}
