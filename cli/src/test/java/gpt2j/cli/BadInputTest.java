package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mistake has its one line and its exit code, and leaves standard output empty. */
class BadInputTest {
  @TempDir private static Path directory;

  @BeforeAll
  static void prepare() throws IOException {
    Path model = Checkpoints.tiny(directory.resolve("model"));
    Checkpoints.init(
        directory.resolve("small"),
        "--n-layer=1",
        "--n-head=1",
        "--n-embd=8",
        "--n-ctx=16",
        "--vocab-size=100");
    Files.delete(copy(model, "no-config").resolve("config.json"));
    Files.delete(copy(model, "no-weights").resolve("model.safetensors"));
    Path pickled = copy(model, "pickled");
    Files.move(pickled.resolve("model.safetensors"), pickled.resolve("pytorch_model.bin"));
    try (var file = openWeights(copy(model, "truncated"))) {
      file.setLength(file.length() / 2);
    }
    try (var file = openWeights(copy(model, "huge-header"))) {
      file.write(new byte[] {-1, -1, -1, -1, -1, -1, -1, 127});
    }
    Files.writeString(copy(model, "not-safetensors").resolve("model.safetensors"), "none");
    Checkpoints.configure(copy(model, "wrong-shape"), "\"n_positions\": 32", "\"n_positions\": 64");
    Checkpoints.configure(copy(model, "relu"), "gelu_new", "relu");
    Checkpoints.configure(copy(model, "heads"), "\"n_head\": 2", "\"n_head\": 3");
    Checkpoints.configure(copy(model, "llama"), "\"gpt2\"", "\"llama\"");
    Files.writeString(copy(model, "bad-config").resolve("config.json"), "{\"n_layer\": 2,");
    Files.writeString(copy(model, "no-merges").resolve("vocab.json"), "{\"a\": 0}");
    Files.writeString(copy(model, "bad-tokenizer").resolve("tokenizer.json"), "{\"model\":");
    Files.writeString(copy(model, "foreign").resolve("tokenizer.model"), "");
    Files.writeString(directory.resolve("lines.jsonl"), "{\"text\": \"a\"}\n{\"txt\": \"b\"}\n");
    Files.write(
        Files.createDirectory(directory.resolve("shards")).resolve("train.bin"), new byte[3]);
    Files.writeString(directory.resolve("file.txt"), "Hello");
    Files.writeString(
        Files.createDirectory(directory.resolve("texts")).resolve("a.txt"), "Some words.");
    Files.writeString(directory.resolve("empty.txt"), "");
    Files.write(directory.resolve("latin1.txt"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    prepareTraining();
  }

  private static void prepareTraining() throws IOException {
    Path data = TrainingData.bytes(directory.resolve("data"));
    Files.delete(TrainingData.bytes(directory.resolve("vocabulary")).resolve("train.bin"));
    Files.write(
        Checkpoints.copy(data, directory.resolve("empty-data")).resolve("train.bin"), new byte[0]);
    Files.write(
        Checkpoints.copy(data, directory.resolve("short-data")).resolve("train.bin"), new byte[8]);
    Files.write(
        Checkpoints.copy(data, directory.resolve("other-data")).resolve("val.bin"), new byte[80]);
    Path run = directory.resolve("run");
    CliRun.Result trained = TrainTest.train(data, run, "--max-steps=2", "--checkpoint-interval=1");
    assertEquals(0, trained.exitCode(), trained.err());
    Path damaged = directory.resolve("damaged-run");
    for (String part : List.of(".", "step-000001", "step-000002")) {
      Checkpoints.copyFiles(run.resolve(part), damaged.resolve(part));
    }
    Files.writeString(damaged.resolve("step-000002/optimizer.safetensors"), "none");
    Files.writeString(directory.resolve("list.json"), "[1]");
    Files.writeString(directory.resolve("cut.json"), "{\"keep\": 2,");
    Files.writeString(directory.resolve("unknown.json"), "{\"batchsize\": 2}");
    Files.writeString(directory.resolve("resume.json"), "{\"resume\": \"run\"}");
    Files.writeString(directory.resolve("range.json"), "{\"dropout\": 1.5}");
    Files.writeString(directory.resolve("kind.json"), "{\"keep\": [2]}");
  }

  private static Path copy(Path model, String name) throws IOException {
    return Checkpoints.copy(model, directory.resolve(name));
  }

  private static RandomAccessFile openWeights(Path checkpoint) throws IOException {
    return new RandomAccessFile(checkpoint.resolve("model.safetensors").toFile(), "rw");
  }

  @ParameterizedTest
  @MethodSource({
    "gpt2j.cli.BadOptions#commandLines",
    "gpt2j.cli.BadOptions#numbers",
    "gpt2j.cli.BadTokens#tokens",
    "gpt2j.cli.BadOptions#benchmarks",
    "gpt2j.cli.BadPrompts#prompts",
    "gpt2j.cli.BadModels#checkpoints",
    "gpt2j.cli.BadSizes#newCheckpoints",
    "gpt2j.cli.BadData#data",
    "gpt2j.cli.BadTraining#all"
  })
  void isRefusedInOneLine(BadInput bad) throws IOException {
    List<Path> before = files();
    CliRun.Result result = bad.run(directory);
    assertAll(
        () ->
            assertTrue(
                bad.expected(directory).matcher(result.err()).matches(),
                () -> "unexpected message: " + result.err()),
        () -> assertEquals(bad.exitCode(), result.exitCode()),
        () -> assertEquals("", result.out()),
        () -> assertEquals(1, result.err().lines().count()),
        () -> assertEquals(before, files(), "nothing may be left behind"));
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.sorted().toList();
    }
  }
}
