package gpt2j.model.gpt2.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.GeluForm;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.format.FormatGolden;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch saved, {@code src/test/python/make_torch_golden.py}. */
class TorchGoldenTest {
  @TempDir private Path folder;

  private static Path file(String name) {
    return FormatGolden.file("torch/" + name + ".pt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nanogpt", "compiled", "views", "big-endian", "bfloat16", "float16", "float64"})
  void logProbabilitiesAreThoseOfPyTorch(String name) {
    FormatGolden.agrees(file(name), "torch", name);
  }

  @Test
  void settingsAreThoseOfTheRun() {
    try (Checkpoint checkpoint = Checkpoint.open(file("compiled"))) {
      assertEquals(320, checkpoint.config().vocabularySize());
      assertEquals(2, checkpoint.config().heads());
      assertEquals(GeluForm.ERF, checkpoint.config().activation());
      assertEquals("nanoGPT", checkpoint.format());
      assertTrue(checkpoint.hasTiedHead());
      assertEquals(
          List.of(
              file("compiled")
                  + ": 13 biases are missing and taken as 0 (h.0.ln_1.bias, h.0.attn.c_attn.bias"
                  + " …)"),
          checkpoint.notes());
    }
  }

  /** nanoGPT's folder has the file and no config.json. */
  @Test
  void aRunsFolderIsItsCheckpoint() throws IOException {
    Files.copy(file("nanogpt"), folder.resolve("ckpt.pt"));
    FormatGolden.agrees(folder, "torch", "nanogpt");
  }

  @Test
  void transformersFilesWithTheirConfigurationAreRead() throws IOException {
    Files.copy(file("pytorch_model"), folder.resolve("pytorch_model.bin"));
    Files.writeString(
        folder.resolve("config.json"),
        "{\"n_embd\": 32, \"n_layer\": 2, \"n_head\": 4, \"n_inner\": 64, \"n_positions\": 16,"
            + " \"vocab_size\": 300}");
    FormatGolden.agrees(folder, "torch", "pytorch_model");
    FormatGolden.agrees(folder.resolve("pytorch_model.bin"), "torch", "pytorch_model");
  }

  @Test
  void parametersAloneNeedAConfiguration() throws IOException {
    Path file = Files.copy(file("parameters"), folder.resolve("model.pt"));
    assertEquals(
        file
            + ": holds weights only, and a width of 16 doesn't tell how many heads there are; put a"
            + " config.json with n_head beside it",
        assertThrows(CheckpointException.class, () -> Checkpoint.open(file)).getMessage());
    Files.writeString(
        folder.resolve("config.json"),
        "{\"n_embd\": 16, \"n_layer\": 2, \"n_head\": 2, \"n_positions\": 16, \"vocab_size\": 300,"
            + " \"activation_function\": \"gelu\"}");
    FormatGolden.agrees(file, "torch", "nanogpt");
  }

  @Test
  void aVocabularyThatNobodyKnowsHasIdsOnly() {
    Tokenizer tokenizer = CheckpointTokenizer.load(file("nanogpt"));
    assertEquals(300, tokenizer.vocabularySize());
    assertEquals(" 5 17", tokenizer.decode(5, 17));
    assertArrayEquals(new int[0], tokenizer.encode(""));
    assertEquals(
        "the model's file has no vocabulary, and its 300 tokens aren't GPT-2's: give token ids"
            + " instead of text, or put a tokenizer.json beside it",
        assertThrows(TokenizerException.class, () -> tokenizer.encode("a")).getMessage());
    List<String> notes = new ArrayList<>();
    FormatGolden.agrees(file("nanogpt"), "torch", "nanogpt", notes::add);
    assertEquals(List.of(), notes);
  }
}
