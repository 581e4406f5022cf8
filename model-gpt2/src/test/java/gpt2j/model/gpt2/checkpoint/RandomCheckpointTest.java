package gpt2j.model.gpt2.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RandomCheckpointTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void aCheckpointIsCompleteAndReadable(DataType type) {
    for (Gpt2Config config :
        List.of(Tiny.config(), Tiny.builder().tieWordEmbeddings(false).innerWidth(7).build())) {
      Path directory = folder.resolve(type + "-" + config.tieWordEmbeddings());
      RandomCheckpoint.write(directory, config, 1, type, _ -> {});
      try (Checkpoint checkpoint = Checkpoint.open(directory)) {
        assertEquals(config, checkpoint.config());
        assertEquals(config.tieWordEmbeddings(), checkpoint.hasTiedHead());
        assertEquals(config.parameters() * type.bytes(), checkpoint.bytes());
        checkpoint.names().forEach(n -> assertEquals(type, checkpoint.tensor(n).type()));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void weightsHaveTheMomentsOfTheInitialisation(DataType type) {
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(2000)
            .contextLength(500)
            .embeddingWidth(96)
            .layers(3)
            .heads(4)
            .tieWordEmbeddings(false)
            .build();
    RandomCheckpoint.write(folder.resolve("x"), config, 7, type, _ -> {});
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("x"))) {
      for (String name : checkpoint.names()) {
        HostTensor tensor = checkpoint.tensor(name);
        if (name.endsWith(".bias")) {
          assertConstant(0, tensor);
        } else if (name.contains("ln_")) {
          assertConstant(1, tensor);
        } else {
          assertNormal(name.contains("c_proj") ? 0.02 / Math.sqrt(6) : 0.02, tensor);
        }
      }
    }
  }

  private static void assertConstant(float expected, HostTensor tensor) {
    for (long i = 0; i < tensor.shape().elements(); i++) {
      assertEquals(expected, tensor.get(i), tensor.name());
    }
  }

  /** Mean, variance and fourth moment, each within five standard deviations of its estimate. */
  private static void assertNormal(double deviation, HostTensor tensor) {
    long n = tensor.shape().elements();
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    for (long i = 0; i < n; i++) {
      double x = tensor.get(i) / deviation;
      sum += x;
      squares += x * x;
      fourth += x * x * x * x;
    }
    assertEquals(0, sum / n, 5 / Math.sqrt(n), tensor.name());
    assertEquals(1, squares / n, 5 * Math.sqrt(2.0 / n) + 1e-3, tensor.name());
    assertEquals(3, fourth / n, 5 * Math.sqrt(96.0 / n) + 3e-3, tensor.name());
  }

  @Test
  void differentTensorsHaveDifferentValues() {
    RandomCheckpoint.write(folder.resolve("x"), Tiny.config(), 1, DataType.F32, _ -> {});
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("x"))) {
      assertNotEquals(
          checkpoint.tensor("wte.weight").get(0), checkpoint.tensor("wpe.weight").get(0));
      assertNotEquals(
          checkpoint.tensor("h.0.attn.c_attn.weight").get(0),
          checkpoint.tensor("h.1.attn.c_attn.weight").get(0));
    }
  }

  @Test
  void theSeedDecidesTheBytes() throws IOException {
    assertEquals(-1, compare(1, 1));
    assertNotEquals(-1, compare(1, 2));
    assertNotEquals(-1, compare(1, 1L << 32 | 1));
  }

  private long compare(long seed, long otherSeed) throws IOException {
    List<Path> files = new ArrayList<>();
    for (long s : new long[] {seed, otherSeed}) {
      Path directory = folder.resolve("seed-" + Files.list(folder).count());
      RandomCheckpoint.write(directory, Tiny.config(), s, DataType.F32, _ -> {});
      files.add(directory.resolve("model.safetensors"));
    }
    return Files.mismatch(files.get(0), files.get(1));
  }

  /** From src/test/python/random_values.py: another version or machine must not change them. */
  @Test
  void valuesAreThoseOfTheDefinition() {
    RandomCheckpoint.write(folder.resolve("x"), Tiny.config(), 1234, DataType.F32, _ -> {});
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("x"))) {
      HostTensor wte = checkpoint.tensor("wte.weight");
      assertEquals(-0.022793779149651527f, wte.get(0));
      assertEquals(0.021028557792305946f, wte.get(1));
      assertEquals(-0.01252052467316389f, wte.get(2));
      assertEquals(0.016552267596125603f, wte.get(3));
      assertEquals(0.006153350695967674f, wte.get(4));
      assertEquals(-0.0005936658126302063f, wte.get(65));
      HostTensor projection = checkpoint.tensor("h.1.mlp.c_proj.weight"); // tensor number 24
      assertEquals(-0.006200173869729042f, projection.get(100));
    }
    RandomCheckpoint.write(folder.resolve("y"), Tiny.config(), -1, DataType.F32, _ -> {});
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("y"))) {
      assertEquals(0.006353750824928284f, checkpoint.tensor("wte.weight").get(7));
    }
  }

  @Test
  void progressRisesToOne() {
    List<Double> reports = new ArrayList<>();
    RandomCheckpoint.write(folder.resolve("x"), Tiny.config(), 1, DataType.F32, reports::add);
    assertEquals(reports.stream().sorted().toList(), reports);
    assertEquals(1.0, reports.getLast());
  }

  @Test
  void parentsAreMadeAndAnEmptyDirectoryIsUsed() throws IOException {
    Path deep = folder.resolve("a/b/c");
    RandomCheckpoint.write(deep, Tiny.config(), 1, DataType.F32, _ -> {});
    Checkpoint.open(deep).close();
    Path empty = Files.createDirectory(folder.resolve("empty"));
    RandomCheckpoint.write(empty, Tiny.config(), 1, DataType.F32, _ -> {});
    Checkpoint.open(empty).close();
  }

  @Test
  void aDirectoryInUseIsLeftAlone() throws IOException {
    Path used = Files.createDirectory(folder.resolve("used"));
    Files.writeString(used.resolve("notes"), "mine");
    assertRefused("can't be written: the directory isn't empty; choose a new one", used);
    assertEquals(List.of("notes"), names(used));
    Path file = Files.writeString(folder.resolve("file"), "mine");
    assertRefused("can't be written: a file has that name", file);
    assertEquals("mine", Files.readString(file));
    assertRefused("can't be written: " + file + " is not a directory", file.resolve("x"));
    assertEquals(List.of("file", "used"), names(folder));
  }

  @Test
  void nothingIsLeftOfAFailure() throws IOException {
    Path directory = folder.resolve("x");
    assertThrows(
        IllegalStateException.class,
        () ->
            RandomCheckpoint.write(
                directory,
                Tiny.config(),
                1,
                DataType.F32,
                _ -> {
                  throw new IllegalStateException("stop");
                }));
    assertEquals(List.of(), names(folder));
  }

  @Test
  void moreThanTheDiskHoldsIsRefused() throws IOException {
    Gpt2Config config =
        Gpt2Config.builder()
            .embeddingWidth(Gpt2Config.MAX_EMBEDDING_WIDTH)
            .heads(1)
            .layers(Gpt2Config.MAX_LAYERS)
            .build();
    CheckpointException e =
        assertThrows(
            CheckpointException.class,
            () -> RandomCheckpoint.write(folder.resolve("x"), config, 1, DataType.F32, _ -> {}));
    assertTrue(
        e.getMessage().startsWith(folder.resolve("x") + ": can't be written: no space left: "),
        e.getMessage());
    assertEquals(List.of(), names(folder));
  }

  @Test
  void integersAreNoWeights() {
    assertThrows(
        IllegalArgumentException.class,
        () -> RandomCheckpoint.write(folder.resolve("x"), Tiny.config(), 1, DataType.I32, _ -> {}));
  }

  /** Percentage points of the normal distribution, from Python's statistics.NormalDist. */
  @Test
  void quantilesOfTheNormalDistribution() {
    assertEquals(0, NormalValues.quantile(0.5));
    assertEquals(0.6744897501960817, NormalValues.quantile(0.75), 1e-15);
    assertEquals(-1.2815515655446008, NormalValues.quantile(0.1), 1e-15);
    assertEquals(1.9599639845400536, NormalValues.quantile(0.975), 1e-15);
    assertEquals(-6.337957754553789, NormalValues.quantile(0x1p-33), 1e-14);
    assertEquals(6.337957754553789, NormalValues.quantile(1 - 0x1p-33), 1e-14);
  }

  private static void assertRefused(String problem, Path directory) {
    CheckpointException e =
        assertThrows(
            CheckpointException.class,
            () -> RandomCheckpoint.write(directory, Tiny.config(), 1, DataType.F32, _ -> {}));
    assertEquals(directory + ": " + problem, e.getMessage());
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
