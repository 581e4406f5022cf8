package gpt2j.model.gpt2.llmc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.convert.Conversion;
import gpt2j.model.gpt2.convert.Target;
import gpt2j.model.gpt2.format.FormatGolden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that a script laid out as llm.c does, {@code src/test/python/make_llmc_golden.py}. */
class LlmcGoldenTest {
  @TempDir private Path folder;

  private static Path file(String name) {
    return FormatGolden.file("llmc/" + name + ".bin");
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "bf16"})
  void logProbabilitiesAreThoseOfPyTorch(String name) {
    FormatGolden.agrees(file(name), "llmc", name);
  }

  @Test
  void paddingIsNoPartOfTheVocabulary() {
    try (Checkpoint checkpoint = Checkpoint.open(file("bf16"))) {
      assertEquals(300, checkpoint.config().vocabularySize());
      assertEquals("llm.c 5", checkpoint.format());
      assertEquals("BF16", checkpoint.storedType("wte.weight").orElseThrow());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void whatIsWrittenIsTheSameFile(WeightFormat format) throws IOException {
    Path copy = folder.resolve("copy.bin");
    new Conversion(file("f32"), copy, Target.LLMC, Optional.of(format), (_, _) -> {}, _ -> {})
        .run();
    Path expected = file(format == WeightFormat.F32 ? "f32" : "bf16");
    assertArrayEquals(Files.readAllBytes(expected), Files.readAllBytes(copy));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | 1 | is version 1 of llm.c's checkpoints, only 3 (float32) and 5 (bfloat16) are read",
        "2 | 0 | its header: max_seq_len must be from 1 to 1048576, not 0",
        "3 | 500 | its header: padded_vocab_size is 384, less than vocab_size, 500",
        "4 | -1 | its header: num_layers must be from 1 to 4096, not -1",
        "5 | 3 | its header: n_embd must be a multiple of n_head, but 16 is not one of 3",
        "6 | 2147483647 | its header: channels must be from 1 to 65536, not 2147483647",
        "4 | 3 | is cut off or damaged: by its header it would have",
        "4 | 1 | is damaged: by its header it would have",
      })
  void aHeaderThatLiesIsRefused(int index, int value, String problem) throws IOException {
    byte[] bytes = Files.readAllBytes(file("f32"));
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(index * 4, value);
    Path bad = Files.write(folder.resolve("bad.bin"), bytes);
    String message =
        assertThrows(CheckpointException.class, () -> Checkpoint.open(bad)).getMessage();
    assertEquals(
        bad + ": " + problem,
        message.substring(0, Math.min(message.length(), (bad + ": " + problem).length())));
  }

  @Test
  void aFileThatIsCutOffIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(file("f32"));
    Path bad = Files.write(folder.resolve("bad.bin"), Arrays.copyOf(bytes, bytes.length - 1));
    assertEquals(
        "%s: is cut off or damaged: by its header it would have %d bytes, but it has %d"
            .formatted(bad, bytes.length, bytes.length - 1),
        assertThrows(CheckpointException.class, () -> Checkpoint.open(bad)).getMessage());
  }
}
