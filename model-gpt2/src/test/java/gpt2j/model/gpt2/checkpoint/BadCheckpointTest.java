package gpt2j.model.gpt2.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import gpt2j.model.gpt2.safetensors.SafetensorsFile;
import gpt2j.model.gpt2.safetensors.TensorEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BadCheckpointTest {
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path directory;

  /** Damages a proper checkpoint. */
  @FunctionalInterface
  interface Damage {
    void accept(Path directory) throws IOException;
  }

  static Stream<Arguments> files() {
    return Stream.of(
        damage("config.json: does not exist", d -> Files.delete(d.resolve("config.json"))),
        damage(
            "config.json: is a directory",
            d -> {
              Files.delete(d.resolve("config.json"));
              Files.createDirectory(d.resolve("config.json"));
            }),
        damage(
            "config.json: has more than 16 MiB, the limit",
            d -> Files.write(d.resolve("config.json"), new byte[(16 << 20) + 1])),
        damage("config.json: is empty", d -> Files.write(d.resolve("config.json"), new byte[0])),
        damage(
            "config.json: n_layer must be an integer from 1 to 4096, not -2",
            d -> Files.writeString(d.resolve("config.json"), "{\"n_layer\": -2}")),
        damage(
            "generation_config.json: is not a JSON object",
            d -> Files.writeString(d.resolve("generation_config.json"), "[]")),
        damage(
            "generation_config.json: is a directory",
            d -> Files.createDirectory(d.resolve("generation_config.json"))),
        damage(
            "has neither model.safetensors nor model.safetensors.index.json",
            d -> Files.delete(d.resolve("model.safetensors"))),
        damage(
            "pytorch_model.bin: is no archive of torch.save, as PyTorch writes them since 1.6",
            d -> Files.move(d.resolve("model.safetensors"), d.resolve("pytorch_model.bin"))),
        damage(
            "has neither model.safetensors nor model.safetensors.index.json, only"
                + " pytorch_model-00001-of-00002.bin, and of several files"
                + " pytorch_model.bin.index.json must tell which has what",
            d ->
                Files.move(
                    d.resolve("model.safetensors"), d.resolve("pytorch_model-00001-of-00002.bin"))),
        damage(
            "model.safetensors: is a directory",
            d -> {
              Files.delete(d.resolve("model.safetensors"));
              Files.createDirectory(d.resolve("model.safetensors"));
            }),
        damage(
            "model.safetensors: is a link to a file that does not exist",
            d -> {
              Files.delete(d.resolve("model.safetensors"));
              Files.createSymbolicLink(d.resolve("model.safetensors"), Path.of("../blobs/1234"));
            }),
        damage(
            "model.safetensors: is no safetensors file: it is too short for a header",
            d -> Files.write(d.resolve("model.safetensors"), new byte[0])),
        damage(
            "model.safetensors: is a Git LFS pointer to the weights, not the weights: fetch them"
                + " with git lfs pull",
            d ->
                Files.writeString(
                    d.resolve("model.safetensors"),
                    "version https://git-lfs.github.com/spec/v1\n")),
        damage(
            "model.safetensors: is cut off or damaged: tensor wte.weight ends at byte 4512 of the"
                + " data, which has 4511",
            d -> cut(d.resolve("model.safetensors"), 1)),
        damage(
            "config.json: does not exist; has neither model.safetensors nor"
                + " model.safetensors.index.json",
            d -> {
              Files.delete(d.resolve("config.json"));
              Files.delete(d.resolve("model.safetensors"));
            }));
  }

  private static void cut(Path file, int bytes) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(access.length() - bytes);
    }
  }

  private static Arguments damage(String message, Damage damage) {
    return Arguments.of(message, damage);
  }

  @ParameterizedTest
  @MethodSource("files")
  void aBrokenFileIsNamed(String message, Damage damage) throws IOException {
    Tiny.write(directory, Tiny.config(), Tiny.tensors(Tiny.config()).values());
    damage.accept(directory);
    assertRefused(message);
  }

  static Stream<Arguments> tensors() {
    return Stream.of(
        change("tensor h.1.ln_2.weight is missing", t -> t.remove("h.1.ln_2.weight")),
        change("tensor wte.weight is missing", t -> t.remove("wte.weight")),
        change(
            "model.safetensors: tensor wpe.weight has shape [6, 6], but by config.json must have"
                + " [5, 6]",
            t -> put(t, Tiny.tensor("wpe.weight", Shape.of(6, 6)))),
        change(
            "model.safetensors: tensor h.0.attn.c_attn.weight has shape [18, 6], but by"
                + " config.json must have [6, 18]",
            t -> put(t, Tiny.tensor("h.0.attn.c_attn.weight", Shape.of(18, 6)))),
        change(
            "model.safetensors: tensor h.0.ln_1.weight has shape [1, 6], but by config.json must"
                + " have [6]",
            t -> put(t, Tiny.tensor("h.0.ln_1.weight", Shape.of(1, 6)))),
        change(
            "model.safetensors: tensor ln_f.bias has type I32, but must have F32, F16, BF16 or F64",
            t -> put(t, Tiny.tensor("ln_f.bias", DataType.I32, Shape.of(6), 0))),
        change(
            "model.safetensors: tensor ln_f.bias has type I32, but must have F32, F16, BF16 or F64;"
                + " model.safetensors: tensor ln_f.bias has shape [7], but by config.json must"
                + " have [6]",
            t -> put(t, Tiny.tensor("ln_f.bias", DataType.I32, Shape.of(7), 0))),
        change(
            "model.safetensors: tensor wte.weight is there both with and without the prefix"
                + " transformer.",
            t -> put(t, Tiny.tensor("transformer.wte.weight", Shape.of(11, 6)))),
        change(
            "model.safetensors: tensor lm_head.weight has shape [11, 5], but by config.json must"
                + " have [11, 6]",
            t -> put(t, Tiny.tensor("lm_head.weight", Shape.of(11, 5)))),
        change(
            "tensor wpe.weight is missing; model.safetensors: tensor h.1.attn.c_proj.weight has"
                + " shape [6], but by config.json must have [6, 6]; tensor ln_f.weight is missing",
            t -> {
              t.remove("wpe.weight");
              t.remove("ln_f.weight");
              put(t, Tiny.tensor("h.1.attn.c_proj.weight", Shape.of(6)));
              put(t, Tiny.tensor("wpe", Shape.of(5, 6)));
            }));
  }

  private static Arguments change(String message, Consumer<Map<String, OutputTensor>> change) {
    return Arguments.of(message, change);
  }

  private static void put(Map<String, OutputTensor> tensors, OutputTensor tensor) {
    tensors.put(tensor.name(), tensor);
  }

  @ParameterizedTest
  @MethodSource("tensors")
  void aWrongTensorIsNamed(String message, Consumer<Map<String, OutputTensor>> change)
      throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    change.accept(tensors);
    Tiny.write(directory, Tiny.config(), tensors.values());
    assertRefused(message);
  }

  /** A bias that the index has was there once, and is not 0. */
  @ParameterizedTest
  @ValueSource(strings = {"h.1.mlp.c_fc.weight", "h.1.mlp.c_fc.bias", "ln_f.bias"})
  void whatTheIndexHasMustBeThere(String name) throws IOException {
    writeShards();
    String shard = "a.safetensors";
    List<OutputTensor> kept = new ArrayList<>();
    for (String file : List.of("a.safetensors", "b.safetensors")) {
      List<OutputTensor> all = new ArrayList<>();
      try (SafetensorsFile read = SafetensorsFile.open(directory.resolve(file), file)) {
        for (TensorEntry entry : read.tensors().values()) {
          all.add(OutputTensor.of(read.read(entry, entry.name(), UncheckedIOException::new)));
        }
        if (all.removeIf(tensor -> tensor.name().equals(name))) {
          shard = file;
          kept = all;
          Tiny.writeWeights(directory.resolve("new"), kept);
        }
      }
    }
    Files.move(
        directory.resolve("new"), directory.resolve(shard), StandardCopyOption.REPLACE_EXISTING);
    assertRefused(shard + ": has no tensor " + name + ", which " + INDEX + " places there");
  }

  static Stream<Arguments> prefixes() {
    return Stream.of(
        Arguments.of("_orig_mod.", "_orig_mod."),
        Arguments.of("module.", "module."),
        Arguments.of("_orig_mod.module.transformer.", "_orig_mod.module."),
        Arguments.of("model.", "model."));
  }

  /** transformers makes up weights for these; here they are refused. */
  @ParameterizedTest
  @MethodSource("prefixes")
  void aPrefixThatTransformersDoesNotReadIsNamed(String prefix, String named) throws IOException {
    List<OutputTensor> tensors =
        Tiny.tensors(Tiny.config()).values().stream()
            .map(tensor -> Tiny.renamed(tensor, prefix + tensor.name()))
            .toList();
    Tiny.write(directory, Tiny.config(), tensors);
    assertRefused(
        "model.safetensors: names of tensors begin with %s (%swte.weight, %swpe.weight …), which"
                .formatted(named, prefix, prefix)
            + " is not read; save them without it");
  }

  /** Biases alone, too: they would be taken for 0. */
  @Test
  void aBiasWithAPrefixIsNamed() throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    OutputTensor bias = tensors.remove("ln_f.bias");
    put(tensors, Tiny.renamed(bias, "module.ln_f.bias"));
    Tiny.write(directory, Tiny.config(), tensors.values());
    assertRefused(
        "model.safetensors: names of tensors begin with module. (module.ln_f.bias), which is not"
            + " read; save them without it");
  }

  @Test
  void anUntiedHeadMustBeThere() throws IOException {
    Gpt2Config untied = Tiny.builder().tieWordEmbeddings(false).build();
    Tiny.write(directory, untied, Tiny.tensors(Tiny.config()).values());
    assertRefused("tensor lm_head.weight is missing");
  }

  static Stream<Arguments> indexes() {
    List<String> names = List.copyOf(Tiny.tensors(Tiny.config()).keySet());
    String proper = Tiny.index(names, "a.safetensors", "b.safetensors");
    return Stream.of(
        index(INDEX + ": is empty", ""),
        index(
            INDEX
                + ": is not valid JSON at character 20: Unexpected end-of-input in"
                + " property name",
            proper.substring(0, 20)),
        index(INDEX + ": weight_map must map each tensor to a file", "{}"),
        index(INDEX + ": weight_map must map each tensor to a file", "{\"weight_map\": {}}"),
        index(INDEX + ": weight_map must map each tensor to a file", "{\"weight_map\": []}"),
        index(shardProblem("\"../a.safetensors\""), shard(proper, "../a.safetensors")),
        index(shardProblem("\"/a.safetensors\""), shard(proper, "/a.safetensors")),
        index(shardProblem("\"x/a.safetensors\""), shard(proper, "x/a.safetensors")),
        index(shardProblem("\"..\\a.safetensors\""), shard(proper, "..\\\\a.safetensors")),
        index(shardProblem("\".safetensors\""), shard(proper, ".safetensors")),
        index(shardProblem("\"a.bin\""), shard(proper, "a.bin")),
        index(shardProblem("\"a\uFFFD.safetensors\""), shard(proper, "a\\u0000.safetensors")),
        index(shardProblem("\"\""), shard(proper, "")),
        index(shardProblem("null"), proper.replaceFirst("(\"wte.weight\": )\"[^\"]*\"", "$1null")),
        index("c.safetensors: does not exist", shard(proper, "c.safetensors")),
        index(
            INDEX
                + ": is not valid JSON at character 99: Duplicate Object property"
                + " \"wte.weight\"",
            proper.replaceFirst("\\{\n    ", "{\n    \"wte.weight\": \"a.safetensors\",")));
  }

  private static String shardProblem(String shown) {
    return INDEX
        + ": weight_map must map wte.weight to a .safetensors file in the same directory, not to "
        + shown;
  }

  /** The index with another file for wte.weight. */
  private static String shard(String index, String shard) {
    return index.replaceFirst(
        "\"wte.weight\": \"[^\"]*\"",
        Matcher.quoteReplacement("\"wte.weight\": \"" + shard + "\""));
  }

  private static Arguments index(String message, String index) {
    return Arguments.of(message, index);
  }

  @ParameterizedTest
  @MethodSource("indexes")
  void aWrongIndexIsNamed(String message, String index) throws IOException {
    writeShards();
    Files.writeString(directory.resolve(INDEX), index);
    assertRefused(message);
  }

  @Test
  void aTensorInTwoFilesIsNamed() throws IOException {
    Map<String, OutputTensor> tensors = writeShards();
    List<OutputTensor> all = List.copyOf(tensors.values());
    Tiny.writeWeights(directory.resolve("b.safetensors"), all.subList(1, all.size()));
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> Checkpoint.open(directory));
    // Every other tensor, save for the first one.
    assertEquals((all.size() - 1) / 2, e.problems().size());
    assertTrue(
        e.problems().contains("b.safetensors: tensor wpe.weight is in a.safetensors too")
            || e.problems()
                .contains("b.safetensors: tensor h.0.ln_1.weight is in a.safetensors too"),
        e.getMessage());
  }

  @Test
  void everyBrokenShardIsNamed() throws IOException {
    writeShards();
    Files.delete(directory.resolve("a.safetensors"));
    Files.writeString(directory.resolve("b.safetensors"), "?");
    assertRefused(
        "a.safetensors: does not exist; b.safetensors: is no safetensors file: it is"
            + " too short for a header");
  }

  private Map<String, OutputTensor> writeShards() throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    Tiny.writeConfig(directory, Tiny.config());
    List<OutputTensor> all = List.copyOf(tensors.values());
    for (int shard = 0; shard < 2; shard++) {
      int remainder = shard;
      List<OutputTensor> part =
          IntStream.range(0, all.size())
              .filter(i -> i % 2 == remainder)
              .mapToObj(all::get)
              .toList();
      Tiny.writeWeights(directory.resolve(shard == 0 ? "a.safetensors" : "b.safetensors"), part);
    }
    Files.writeString(
        directory.resolve(INDEX), Tiny.index(tensors.keySet(), "a.safetensors", "b.safetensors"));
    return tensors;
  }

  @Test
  void aDirectoryThatIsNone() throws IOException {
    Path missing = directory.resolve("missing");
    assertMessage(
        missing
            + ": does not exist; give a directory with config.json and model.safetensors, or the"
            + " name of a model of huggingface.co, such as openai-community/gpt2",
        missing);
    Path file = Files.createFile(directory.resolve("model.safetensors"));
    assertMessage(
        file
            + ": is no model that can be read; give a folder with config.json and"
            + " model.safetensors, or a file: .safetensors, .gguf, ckpt.pt, llm.c's .bin,"
            + " OpenAI's model.ckpt.index",
        file);
  }

  @Test
  void aLongListOfProblemsIsCutInTheMessageOnly() throws IOException {
    Tiny.write(directory, Tiny.config(), List.of());
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> Checkpoint.open(directory));
    long tensors =
        Tiny.tensors(Tiny.config()).keySet().stream().filter(t -> t.endsWith(".weight")).count();
    assertEquals(tensors, e.problems().size());
    assertTrue(e.getMessage().startsWith(directory + ": tensor wte.weight is missing; tensor wpe"));
    assertTrue(
        e.getMessage().endsWith("is missing; and " + (tensors - 10) + " more"), e.getMessage());
  }

  @Test
  void whatTheSystemSaysIsPutInWords() {
    assertEquals("permission denied", Io.explain(new AccessDeniedException("x")));
    assertEquals("No space left on device", Io.explain(new IOException("No space left on device")));
    assertEquals(
        "Too many levels of symbolic links",
        Io.explain(new FileSystemException("x", null, "Too many levels of symbolic links")));
  }

  private void assertRefused(String message) {
    assertMessage(directory + ": " + message, directory);
  }

  private static void assertMessage(String message, Path directory) {
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> Checkpoint.open(directory));
    assertEquals(message, e.getMessage());
  }
}
