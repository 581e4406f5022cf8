package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that a benchmark wrote and somebody changed. */
class OddSettingsTest {
  private static final String SETTINGS =
      """
      {
        "models": ["./model"],
        "backends": ["reference"],
        "precisions": ["f32"],
        "threads": null,
        "use_cache": [true],
        "batches": [1],
        "prompt_tokens": [2],
        "new_tokens": [2],
        "repetitions": 1,
        "warmup": 0,
        "seed": 0
      }
      """;

  @TempDir private static Path folder;
  private static Path model;

  @BeforeAll
  static void write() throws IOException {
    model =
        Checkpoints.init(
            folder.resolve("model"),
            "--n-layer=1",
            "--n-head=1",
            "--n-embd=8",
            "--n-ctx=16",
            "--vocab-size=50");
  }

  private static CliRun.Result measure(String settings) throws IOException {
    Path file = Files.writeString(folder.resolve("settings.json"), settings);
    return CliRun.cli(
        "bench",
        "throughput",
        "--config=" + file,
        "--model=" + model,
        "--out=" + folder.resolve("out"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "models | [null] | 2 | models[0] is null",
        "models | [\"a\\u0000b\"] | 2 | models[0] has control characters",
        "backends | [\"a\\nb\"] | 2 | backends[0] has control characters",
        "precisions | null | 2 | precisions is null",
        "precisions | [\"f99\"] | 2 | precisions[0] must be one of f32, f16, bf16, q8_0, q4_0, not"
            + " \"f99\"",
        "threads | 65536 | 2 | threads must be 1 to 4096, not 65536",
        "threads | 0 | 2 | threads must be 1 to 4096, not 0",
        "use_cache | [] | 2 | use_cache is empty",
        "batches | [2147483647] | 1 | out of memory: a session of 2,147,483,647 × 3 tokens needs",
        "batches | [\"one\"] | 2 | batches[0] must be a whole number, not \"one\"",
        "batches | 1 | 2 | batches must be a list, not 1",
        "prompt_tokens | [2147483647] | 2 | 2147483647 prompt tokens and 2 new ones don't fit",
        "new_tokens | [2147483647] | 2 | 2 prompt tokens and 2147483647 new ones don't fit",
        "new_tokens | [2147483648] | 2 | new_tokens[0] must be a whole number from",
        "repetitions | -1 | 2 | repetitions must be 1 or more, not -1",
        "seed | null | 2 | seed is null",
        "seed | 0, \"speed\": 1 | 2 | speed is unknown",
      })
  void areRefusedByName(String field, String value, int exitCode, String message)
      throws IOException {
    String pattern = "\"%s\": .*?(,?)\\n".formatted(field);
    String changed = "\"%s\": %s$1\n".formatted(field, value.replace("\\", "\\\\"));
    CliRun.Result result = measure(SETTINGS.replaceFirst(pattern, changed));
    assertEquals(exitCode, result.exitCode(), result.err());
    assertEquals(1, result.errors().size(), result.err());
    assertTrue(result.errors().getFirst().contains(message), result.err());
    assertTrue(!result.err().contains("internal error"), result.err());
    if (exitCode == 2 && !message.contains("fit")) {
      assertTrue(result.err().contains("--config " + folder), result.err());
    }
  }

  @Test
  void theSameUnchangedAreMeasured() throws IOException {
    CliRun.Result result = measure(SETTINGS);
    assertEquals(0, result.exitCode(), result.err());
  }
}
