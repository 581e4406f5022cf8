package gpt2j.model.gpt2.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.testkit.Allocation;
import gpt2j.testkit.Mutations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** Damaged configurations and indexes: each is read, or its problems are told, one line each. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class ConfigFuzzTest {
  private static final int FILES = 10_000;
  private static final int WHOLE_CHECKPOINTS = 500;
  private static final long MOST_BYTES = 256 << 10;
  private static final long MOST_BYTES_PER_BYTE = 256;

  private final Allocation allocation = new Allocation();

  @Test
  void damagedConfigurations() {
    String text = new String(ConfigWriter.text(Tiny.config(), 0.02, DataType.F32));
    fuzz(text, (damaged, problems) -> isRead(ConfigReader.read(damaged, null, problems)));
  }

  private static boolean isRead(Optional<Gpt2Config> config) {
    config.ifPresent(read -> assertTrue(read.parameters() > 0));
    return config.isPresent();
  }

  @Test
  void damagedGenerationConfigurations() {
    byte[] config = ConfigWriter.text(Tiny.config(), 0.02, DataType.F32);
    fuzz(
        "{\"_from_model_config\": true, \"bos_token_id\": 1, \"eos_token_id\": [1, 2]}",
        (damaged, problems) -> isRead(ConfigReader.read(config, damaged, problems)));
  }

  @Test
  void damagedIndexes() {
    String text =
        Tiny.index(TensorLayout.of(Tiny.config()).keySet(), "a.safetensors", "b.safetensors");
    fuzz(
        text,
        (damaged, problems) -> {
          Map<String, String> shards =
              ShardIndex.parse(ShardIndex.SAFETENSORS, damaged, problems).shards();
          // No path that leads out of the directory, or that no file can have.
          Path directory = Path.of("/checkpoint");
          shards
              .values()
              .forEach(
                  shard ->
                      assertEquals(directory, directory.resolve(shard).normalize().getParent()));
          return problems.isEmpty();
        });
  }

  /**
   * Reads many damaged versions of a text.
   *
   * @param reader given a text and a list for problems, says whether it could be read
   */
  private void fuzz(String text, BiPredicate<byte[], List<String>> reader) {
    reader.test(text.getBytes(StandardCharsets.UTF_8), new ArrayList<>()); // loads the classes
    reader.test("?".getBytes(StandardCharsets.UTF_8), new ArrayList<>());
    int accepted = 0;
    for (int seed = 0; seed < FILES; seed++) {
      Random random = new Random(seed);
      Mutations mutations = new Mutations(random);
      byte[] damaged =
          random.nextInt(4) == 0
              ? mutations.bytes(text.getBytes(StandardCharsets.UTF_8))
              : mutations.json(text).getBytes(StandardCharsets.UTF_8);
      long before = allocation.bytes();
      List<String> problems = new ArrayList<>();
      boolean read;
      try {
        read = reader.test(damaged, problems);
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
      long allocated = allocation.bytes() - before;
      accepted += read ? 1 : 0;
      assertEquals(read, problems.isEmpty(), "seed " + seed);
      problems.forEach(ConfigFuzzTest::assertOneLine);
      assertTrue(
          allocated < MOST_BYTES + MOST_BYTES_PER_BYTE * damaged.length,
          "seed %d: %d bytes allocated for %d".formatted(seed, allocated, damaged.length));
    }
    // Else the damage would be none, or so great that no check but the first is reached.
    assertTrue(accepted > FILES / 50 && accepted < FILES / 2, "accepted " + accepted);
  }

  private static void assertOneLine(String problem) {
    assertFalse(problem.isBlank());
    assertTrue(problem.chars().noneMatch(Character::isISOControl), problem);
    assertTrue(problem.length() < 500, problem);
  }

  @Test
  void damagedCheckpoints(@TempDir Path directory) throws IOException {
    Tiny.write(directory, Tiny.config(), Tiny.tensors(Tiny.config()).values());
    Path config = directory.resolve("config.json");
    Path weights = directory.resolve("model.safetensors");
    byte[] configText = Files.readAllBytes(config);
    byte[] weightBytes = Files.readAllBytes(weights);
    for (int seed = 0; seed < WHOLE_CHECKPOINTS; seed++) {
      Random random = new Random(seed);
      Mutations mutations = new Mutations(random);
      boolean damageConfig = random.nextBoolean();
      if (damageConfig) {
        String damaged = mutations.json(new String(configText, StandardCharsets.UTF_8));
        Files.writeString(config, damaged);
        Files.write(weights, weightBytes);
      } else {
        Files.write(config, configText);
        Files.write(weights, mutations.bytes(weightBytes));
      }
      try (Checkpoint checkpoint = Checkpoint.open(directory)) {
        checkpoint.names().forEach(name -> checkpoint.tensor(name).get(0));
      } catch (CheckpointException e) {
        assertFalse(e.problems().isEmpty());
        e.problems().forEach(ConfigFuzzTest::assertOneLine);
      }
    }
  }
}
