package gpt2j.model.gpt2.tensorflow;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.convert.Conversion;
import gpt2j.model.gpt2.convert.Target;
import gpt2j.model.gpt2.format.FormatGolden;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint laid out by a script, {@code src/test/python/make_tensorflow_golden.py}. */
class TensorflowGoldenTest {
  private static final String DATA = "model.ckpt.data-00000-of-00001";

  @TempDir private Path folder;

  @BeforeEach
  void copy() throws IOException {
    try (Stream<Path> files =
        Files.list(FormatGolden.file("tensorflow/model.ckpt.index").getParent())) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Files.copy(folder.resolve(DATA), folder.resolve(DATA.replace("model", "compressed")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "model.ckpt.index", "compressed.ckpt.index", "parts.ckpt.index"})
  void logProbabilitiesAreThoseOfPyTorch(String name) {
    FormatGolden.agrees(folder.resolve(name), "tensorflow", "model");
  }

  @Test
  void theVocabularyIsOpenAis() throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve("text.txt"));
    int[] ids = Arrays.stream(lines.get(1).split(" ")).mapToInt(Integer::parseInt).toArray();
    Tokenizer tokenizer = CheckpointTokenizer.load(folder);
    assertArrayEquals(ids, tokenizer.encode(lines.get(0)));
    assertEquals(OptionalInt.of(299), tokenizer.endOfText());
    Path copy = folder.resolve("copy");
    new Conversion(folder, copy, Target.HF, Optional.of(WeightFormat.F32), (_, _) -> {}, _ -> {})
        .run();
    FormatGolden.agrees(copy, "tensorflow", "model");
    assertArrayEquals(ids, CheckpointTokenizer.load(copy).encode(lines.get(0)));
  }

  private String refusal() {
    return refusal("model.ckpt.index");
  }

  private String refusal(String name) {
    String message =
        assertThrows(
                CheckpointException.class, () -> FormatGolden.logits(folder.resolve(name), _ -> {}))
            .getMessage();
    return message.replace(folder.resolve(name) + ": ", "");
  }

  @Test
  void ofSeveralFilesTheOneThatIsWrongIsNamed() throws IOException {
    Path second = folder.resolve("parts.ckpt.data-00001-of-00003");
    byte[] bytes = Files.readAllBytes(second);
    Files.write(second, Arrays.copyOf(bytes, bytes.length - 1));
    assertEquals(
        "parts.ckpt.data-00001-of-00003: is cut off or damaged",
        refusal("parts.ckpt.index").replaceFirst(": tensor .*", ""));
    bytes[9] ^= 1;
    Files.write(second, bytes);
    assertEquals(
        "is damaged: the checksum of tensor NAME is another",
        refusal("parts.ckpt.index").replaceFirst("tensor \\S+", "tensor NAME"));
    // Another file's content in its place, of the same length or longer.
    Files.copy(folder.resolve(DATA), second, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertEquals(
        "is damaged: the checksum of tensor NAME is another",
        refusal("parts.ckpt.index").replaceFirst("tensor \\S+", "tensor NAME"));
    Files.delete(second);
    assertEquals("parts.ckpt.data-00001-of-00003: does not exist", refusal("parts.ckpt.index"));
  }

  private void change(String name, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(name));
    bytes[at < 0 ? bytes.length + at : at] ^= 1;
    Files.write(folder.resolve(name), bytes);
  }

  @Test
  void damageIsToldByChecksums() throws IOException {
    change(DATA, 5000);
    assertEquals("is damaged: the checksum of tensor model/h0/mlp/c_fc/w is another", refusal());
    change("model.ckpt.index", 40);
    assertEquals("is damaged: the checksum of the block at byte 0 is another", refusal());
    change("model.ckpt.index", -1);
    assertEquals(
        "is no model that can be read; give a folder with config.json and model.safetensors, or a"
            + " file: .safetensors, .gguf, ckpt.pt, llm.c's .bin, OpenAI's model.ckpt.index",
        refusal());
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    Path data = folder.resolve(DATA);
    byte[] bytes = Files.readAllBytes(data);
    Files.write(data, Arrays.copyOf(bytes, bytes.length - 1));
    assertEquals(
        DATA
            + ": is cut off or damaged: tensor model/wte has 19200 bytes from byte "
            + (bytes.length - 19_200)
            + " on, but it ends at "
            + (bytes.length - 1),
        refusal());
    Files.delete(data);
    assertEquals(DATA + ": does not exist", refusal());
    Files.write(data, bytes);
    Path settings = folder.resolve("hparams.json");
    Files.writeString(settings, Files.readString(settings).replace("\"n_head\": 2", "\"x\": 2"));
    assertEquals("hparams.json: n_head is missing", refusal());
    Files.delete(settings);
    assertEquals("hparams.json: does not exist", refusal());
  }
}
