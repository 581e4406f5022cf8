package gpt2j.model.gpt2.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.format.FormatGolden;
import gpt2j.model.gpt2.safetensors.SafetensorsFile;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that pip's gguf wrote, {@code src/test/python/make_gguf_golden.py}. */
class GgufGoldenTest {
  private static Path file(String name) {
    return FormatGolden.file("gguf/" + name + ".gguf");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "f32",
        "f16",
        "bf16",
        "q8_0",
        "q4_0",
        "q4_1",
        "q5_0",
        "q5_1",
        "untied",
        "k-quants"
      })
  void logProbabilitiesAreThoseOfTheWeightsThatBlocksStandFor(String name) {
    FormatGolden.agrees(file(name), "gguf", name);
  }

  @ParameterizedTest
  @EnumSource(
      names = {"Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"})
  void blocksAreDecodedBitForBit(GgmlType type) {
    float[] expected = FormatGolden.values("gguf/blocks.safetensors", type + ".values");
    MemorySegment blocks = MemorySegment.ofArray(integers(type + ".blocks"));
    float[] values = new float[expected.length];
    for (int i = 0; i < values.length / type.blockSize(); i++) {
      type.decoder()
          .orElseThrow()
          .decode(blocks, (long) i * type.blockBytes(), values, i * type.blockSize());
    }
    assertArrayEquals(expected, values);
  }

  /** What lies in the file as I32. */
  private static byte[] integers(String name) {
    Path file = FormatGolden.file("gguf/blocks.safetensors");
    try (var all = SafetensorsFile.open(file, "blocks")) {
      HostTensor tensor = all.read(all.tensors().get(name), name, UncheckedIOException::new);
      byte[] bytes = new byte[(int) tensor.bytes()];
      tensor.read(0, MemorySegment.ofArray(bytes));
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Nothing is lost when a backend keeps weights in the very format that the file has. */
  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_0"})
  void quantisingWhatWasQuantisedChangesNothing(WeightFormat format) {
    try (Checkpoint checkpoint = Checkpoint.open(file(format.name().toLowerCase(Locale.ROOT)))) {
      for (String name : List.of("wte.weight", "h.0.attn.c_attn.weight", "h.1.mlp.c_proj.weight")) {
        HostTensor tensor = checkpoint.tensor(name);
        float[] values = new float[(int) tensor.shape().elements()];
        tensor.copyTo(0, values, 0, values.length);
        float[] again = values.clone();
        int rows = tensor.shape().rows();
        int columns = values.length / rows;
        if (name.startsWith("wte")) {
          for (int row = 0; row < rows; row++) {
            format.round(again, row * columns, columns, 1);
          }
        } else {
          for (int column = 0; column < columns; column++) {
            format.round(again, column, rows, columns); // along the inputs
          }
        }
        assertArrayEquals(values, again, name);
      }
    }
  }

  @Test
  void partsOfATensorAreThoseOfTheWhole() {
    try (Checkpoint checkpoint = Checkpoint.open(file("k-quants"))) {
      for (String name : List.of("wte.weight", "h.0.mlp.c_fc.weight")) {
        HostTensor tensor = checkpoint.tensor(name);
        float[] whole = new float[(int) tensor.shape().elements()];
        tensor.copyTo(0, whole, 0, whole.length);
        for (int[] part : new int[][] {{0, 1}, {255, 2}, {257, 700}, {whole.length - 3, 3}}) {
          float[] some = new float[part[1]];
          tensor.copyTo(part[0], some, 0, some.length);
          assertArrayEquals(Arrays.copyOfRange(whole, part[0], part[0] + part[1]), some);
        }
      }
    }
  }

  @Test
  void theVocabularyIsTheFilesOwn() throws Exception {
    List<String> lines = Files.readAllLines(FormatGolden.file("gguf/text.txt"));
    int[] ids = Arrays.stream(lines.get(1).split(" ")).mapToInt(Integer::parseInt).toArray();
    Tokenizer tokenizer = CheckpointTokenizer.load(file("q8_0"));
    assertArrayEquals(ids, tokenizer.encode(lines.get(0)));
    assertEquals(lines.get(0), tokenizer.decode(ids));
    assertEquals(OptionalInt.of(299), tokenizer.endOfText());
    assertEquals(List.of("<|endoftext|>"), List.copyOf(tokenizer.specialTokens().keySet()));
  }

  @Test
  void theConfigurationIsTheFilesOwn() {
    try (Checkpoint checkpoint = Checkpoint.open(file("q4_0"))) {
      assertEquals(16, checkpoint.config().contextLength());
      assertEquals(64, checkpoint.config().innerWidth());
      assertEquals(4, checkpoint.config().heads());
      assertEquals(300, checkpoint.config().vocabularySize());
      assertEquals(List.of(299), checkpoint.config().eosTokens());
      assertEquals("GGUF 3", checkpoint.format());
      assertEquals("Q4_0", checkpoint.storedType("h.0.mlp.c_fc.weight").orElseThrow());
      assertEquals(32 * 64 / 32 * 18, checkpoint.storedBytes("h.0.mlp.c_fc.weight"));
      assertEquals(List.of(), checkpoint.notes());
    }
  }
}
