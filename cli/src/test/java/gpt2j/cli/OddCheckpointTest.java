package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command takes a checkpoint that transformers takes with a warning, and says so once. */
class OddCheckpointTest {
  @TempDir private static Path directory;
  private static Path plain = Path.of("");
  private static Path odd = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    plain = Checkpoints.tiny(directory.resolve("plain"));
    odd = odd(plain, directory.resolve("odd"));
  }

  /** A copy without biases, but with other tensors in their place. Its biases were 0 anyway. */
  private static Path odd(Path model, Path to) throws IOException {
    Checkpoints.copy(model, to);
    Path weights = to.resolve("model.safetensors");
    String bytes = Files.readString(weights, StandardCharsets.ISO_8859_1);
    Files.writeString(weights, bytes.replace(".bias\"", ".bogs\""), StandardCharsets.ISO_8859_1);
    return to;
  }

  private static void assertNotes(Path model, int biases, String firstTwo, Result result) {
    assertEquals(0, result.exitCode(), result.err());
    String start = "gpt2j: note: " + model + ": model.safetensors: " + biases;
    List<String> notes = result.err().lines().filter(line -> line.contains("note: ")).toList();
    assertEquals(2, notes.size(), result.err());
    assertEquals(start + " biases are missing and taken as 0 (" + firstTwo + " …)", notes.get(0));
    assertTrue(
        notes
            .get(1)
            .startsWith(
                start + " tensors are no part of the model that config.json describes, and left"),
        notes.get(1));
    assertEquals(-1, result.out().indexOf("note"), result.out());
  }

  private static void assertNotes(Result result) {
    assertNotes(odd, 13, "h.0.ln_1.bias, h.0.attn.c_attn.bias", result);
  }

  @Test
  void generate() {
    String[] options = {"--backend=reference", "--prompt=a", "--max-new-tokens=3", "--seed=1"};
    Result result = CliRun.cli(TinyModel.join(options, "--model", odd.toString()));
    assertNotes(result);
    assertEquals(
        CliRun.cli(TinyModel.join(options, "--model", plain.toString())).out(), result.out());
  }

  @Test
  void score() {
    String[] options = {"score", "--backend=reference", "The quick brown fox"};
    Result result = CliRun.cli(TinyModel.join(options, "--model", odd.toString()));
    assertNotes(result);
    assertEquals(
        CliRun.cli(TinyModel.join(options, "--model", plain.toString())).out(), result.out());
  }

  @Test
  void bench() {
    assertNotes(
        CliRun.cli(
            "bench",
            "throughput",
            "--backend=reference",
            "--model=" + odd,
            "--prompt-tokens=2",
            "--new-tokens=2",
            "--repetitions=2",
            "--warmup=0",
            "--out=" + directory.resolve("bench")));
  }

  /** The copy has all biases and nothing else, so that there is nothing to note on it. */
  @Test
  void convert() throws IOException {
    Path copy = directory.resolve("copy");
    Result result = CliRun.cli("convert", "--model=" + odd, "--dtype=f32", "--out=" + copy);
    assertNotes(result);
    assertTrue(result.err().endsWith("gpt2j: wrote " + copy + ": weights in f32\n"));
    assertArrayEquals(
        Files.readAllBytes(plain.resolve("model.safetensors")),
        Files.readAllBytes(copy.resolve("model.safetensors")));
  }

  @Test
  void train() throws IOException {
    Path data = TrainingData.bytes(directory.resolve("data"));
    Path first = directory.resolve("first");
    assertEquals(0, TrainTest.train(data, first, "--max-steps=1", "--biases=none").exitCode());
    Path begin = odd(first.resolve("best"), directory.resolve("begin"));
    Path tuned = directory.resolve("tuned");
    Result result = fineTune(data, begin, tuned);
    assertNotes(begin, 7, "h.0.ln_1.bias, h.0.attn.c_attn.bias", result);
    Path expected = directory.resolve("expected");
    assertEquals(0, fineTune(data, first.resolve("best"), expected).exitCode());
    assertArrayEquals(
        Files.readAllBytes(expected.resolve("last/model.safetensors")),
        Files.readAllBytes(tuned.resolve("last/model.safetensors")));
    Result resumed = CliRun.cli("train", "--resume", tuned.toString(), "--max-steps=3");
    assertEquals(0, resumed.exitCode(), resumed.err());
    assertEquals(-1, resumed.err().indexOf("note"), resumed.err());
  }

  private static Result fineTune(Path data, Path model, Path out) {
    return CliRun.cli(
        "train",
        "--backend=reference",
        "--data=" + data,
        "--model=" + model,
        "--out=" + out,
        "--batch-size=2",
        "--eval-batches=2",
        "--max-steps=2");
  }
}
