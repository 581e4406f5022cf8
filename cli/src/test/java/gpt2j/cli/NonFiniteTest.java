package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that aren't numbers: one line from every command that meets them, and no garbage. */
class NonFiniteTest {
  private static final String TENSOR = "h.0.mlp.c_fc.weight";

  @TempDir private static Path directory;
  private static Path data = Path.of("");
  private static Path good = Path.of("");
  private static Path bad = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    data = TrainingData.bytes(directory.resolve("data"));
    Path run = directory.resolve("run");
    assertEquals(0, TrainTest.train(data, run, "--max-steps=1").exitCode());
    good = run.resolve("last").toRealPath();
    bad = Checkpoints.copy(good, directory.resolve("bad"));
    spoil(bad, TENSOR, 35, Float.NaN);
  }

  /** Writes a value over one of a tensor. */
  private static void spoil(Path checkpoint, String tensor, int index, float value)
      throws IOException {
    Path file = checkpoint.resolve("model.safetensors");
    ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) content.getLong(0);
    String text = new String(content.array(), Long.BYTES, header, StandardCharsets.UTF_8);
    Matcher entry =
        Pattern.compile("\"transformer\\." + Pattern.quote(tensor) + "\":.*?\\[(\\d+),\\d+]}")
            .matcher(text);
    assertTrue(entry.find(), text);
    content.putFloat(
        Long.BYTES + header + Integer.parseInt(entry.group(1)) + index * Float.BYTES, value);
    Files.write(file, content.array());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate --prompt=the",
        "generate --prompt=the --temperature=0",
        "generate --prompt=the --temperature=1 --top-k=0 --top-p=1 --min-p=0",
        "generate --prompt=the --top-k=0 --top-p=0.9 --repetition-penalty=1.2",
        "generate --prompt=the --use-cache=false",
        "generate --prompt=the --num-samples=3 --format=json",
        "score text",
        "score text --top-logprobs=3",
        "bench throughput --prompt-tokens=4 --new-tokens=3 --out=@",
        "bench profile --prompt-tokens=4 --new-tokens=3 --out=@",
        "bench visualize --prompt=the --max-new-tokens=3 --out=@"
      })
  void isNamedInOneLine(String command) {
    String arguments = command.replace("@", directory.resolve("out").toString());
    Result result = CliRun.cli((arguments + " --backend=reference --model=" + bad).split(" "));
    assertAll(
        () -> assertEquals(1, result.exitCode(), result.err()),
        () -> assertEquals("", result.out()),
        () ->
            assertTrue(
                result
                    .err()
                    .matches(
                        "gpt2j: \\Q%s\\E: the logits after \\d+ tokens? are not numbers; the first bad value comes out of h\\.0\\.mlp\\.c_fc, whose weights are NaN or infinite: .*\n"
                            .formatted(bad)),
                result.err()));
  }

  /** The text up to the first bad token, and the line. */
  @ParameterizedTest
  @ValueSource(strings = {"--temperature=0", "--seed=1", "--seed=1 --use-cache=false"})
  void textEndsBeforeTheFirstBadToken(String options) throws IOException {
    Path late = Checkpoints.copy(good, directory.resolve("late" + options.hashCode()));
    spoil(late, "wpe.weight", 9 * 8 + 1, Float.POSITIVE_INFINITY);
    String command = "generate --prompt=the --max-new-tokens=12 --backend=reference " + options;
    Result all = CliRun.cli((command + " --model=" + good).split(" "));
    Result result = CliRun.cli((command + " --model=" + late).split(" "));
    assertAll(
        () -> assertEquals(0, all.exitCode(), all.err()),
        () -> assertEquals(1, result.exitCode(), result.err()),
        () -> assertTrue(all.out().startsWith(result.out()), result.out()),
        () ->
            assertTrue(
                result
                    .err()
                    .contains(
                        "after 10 tokens are not numbers; the first bad value comes out of wpe, "),
                result.err()));
  }

  @Test
  void trainingNamesTheTensorOfACheckpoint() {
    Path run = directory.resolve("tuned");
    Result result =
        CliRun.cli(
            "train",
            "--backend=reference",
            "--data=" + data,
            "--out=" + run,
            "--model=" + bad,
            "--batch-size=2",
            "--max-steps=1");
    assertEquals(
        "gpt2j: %s: tensor %s has NaN at [1, 3]: it is damaged, or was written by a training that diverged\n"
            .formatted(bad, TENSOR),
        result.err());
    assertEquals(1, result.exitCode());
    assertFalse(Files.exists(run.resolve("last")));
  }

  /** The last step's parameters are finite, and what they make isn't. */
  @Test
  void trainingThatDivergesWritesNoSuchCheckpoint() {
    Path run = directory.resolve("diverged");
    String command =
        "train --backend=reference --data=%s --out=%s --n-layer=1 --n-head=2 --n-embd=8 --n-ctx=16 --batch-size=2 --learning-rate=1e30 --max-steps=1"
            .formatted(data, run);
    Result result = CliRun.cli(command.split(" "));
    assertAll(
        () -> assertEquals(1, result.exitCode(), result.err()),
        () -> assertEquals("", result.out()),
        () ->
            assertTrue(
                result
                    .err()
                    .endsWith(": lower --learning-rate or --clip; there is no checkpoint before\n"),
                result.err()),
        () -> assertFalse(Files.exists(run.resolve("last"))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "f16", "bf16"})
  void aCopySaysIt(String dtype) throws IOException {
    Path copy = directory.resolve("copy-" + dtype);
    Result result = CliRun.cli("convert", "--model=" + bad, "--dtype=" + dtype, "--out=" + copy);
    assertEquals(0, result.exitCode(), result.err());
    assertTrue(
        result
            .err()
            .startsWith(
                "gpt2j: %s: tensor %s has NaN at [1, 3], and so has the copy"
                    .formatted(bad, TENSOR)),
        result.err());
    try (Checkpoint checkpoint = Checkpoint.open(copy)) {
      assertTrue(Float.isNaN(checkpoint.tensor(TENSOR).get(35)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"f16", "bf16"})
  void aCopyThatWouldBeInfiniteIsNotMade(String dtype) throws IOException {
    Path large = Checkpoints.copy(good, directory.resolve("large-" + dtype));
    spoil(large, TENSOR, 35, Float.MAX_VALUE);
    Path copy = directory.resolve("large-copy-" + dtype);
    Result result = CliRun.cli("convert", "--model=" + large, "--dtype=" + dtype, "--out=" + copy);
    assertEquals(1, result.exitCode(), result.err());
    assertEquals(
        "gpt2j: %s: tensor %s has 3.4028235E38, which %s can't hold\n"
            .formatted(large, TENSOR, dtype),
        result.err());
    assertFalse(Files.exists(copy));
  }

  @Test
  void aContextOfOneTokenCannotScore() {
    Path one =
        Checkpoints.init(
            directory.resolve("one"), "--n-layer=1", "--n-head=1", "--n-embd=8", "--n-ctx=1");
    Result result = CliRun.cli("score", "--backend=reference", "--model=" + one, "some text");
    assertEquals(2, result.exitCode());
    assertEquals(
        "gpt2j: --model: has a context of one token, so there is none before it to score it after;"
            + " choose another model\n",
        result.err());
  }
}
