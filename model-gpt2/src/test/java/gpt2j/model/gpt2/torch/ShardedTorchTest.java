package gpt2j.model.gpt2.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.format.FormatGolden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pickled weights in several files, as huggingface_hub cuts them. */
class ShardedTorchTest {
  private static final String INDEX = "pytorch_model.bin.index.json";
  private static final String SECOND = "pytorch_model-00002-of-00004.bin";
  private static final String THIRD = "pytorch_model-00003-of-00004.bin";

  @TempDir private Path folder;

  @BeforeEach
  void copy() throws IOException {
    try (Stream<Path> files = Files.list(FormatGolden.file("torch/sharded/" + INDEX).getParent())) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        folder.resolve("config.json"),
        "{\"n_embd\": 32, \"n_layer\": 2, \"n_head\": 4, \"n_inner\": 64, \"n_positions\": 16,"
            + " \"vocab_size\": 300}");
  }

  private String refusal() {
    return assertThrows(CheckpointException.class, () -> Checkpoint.open(folder).close())
        .getMessage()
        .replace(folder + ": ", "");
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    FormatGolden.agrees(
        folder, "torch", "pytorch_model", note -> notes.add(note.replace(folder + ": ", "")));
    return notes;
  }

  @Test
  void logProbabilitiesAreThoseOfPyTorch() {
    assertEquals(List.of(), notes());
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertEquals("PyTorch", checkpoint.format());
      assertTrue(checkpoint.hasTiedHead());
    }
  }

  @Test
  void oneFileComesFirst() throws IOException {
    Files.copy(FormatGolden.file("torch/pytorch_model.pt"), folder.resolve("pytorch_model.bin"));
    Files.delete(folder.resolve(SECOND)); // which nobody needs then
    assertEquals(List.of(), notes());
  }

  @Test
  void aFileThatIsMissingIsNamed() throws IOException {
    Files.delete(folder.resolve(SECOND));
    String message = refusal();
    assertTrue(message.contains(SECOND + ": does not exist"), message);
  }

  @Test
  void theFileOfAnotherPlaceIsNotTaken() throws IOException {
    Files.copy(folder.resolve(THIRD), folder.resolve(SECOND), StandardCopyOption.REPLACE_EXISTING);
    String message = refusal();
    assertTrue(message.contains(" is in " + SECOND + " too"), message);
  }

  @Test
  void filesThatDisagreeWithTheIndexHaveTheLastWord() throws IOException {
    Path index = folder.resolve(INDEX);
    Files.writeString(
        index,
        Files.readString(index)
            .replaceFirst("(\"transformer.wpe.weight\": )\"[^\"]*\"", "$1\"" + THIRD + "\""));
    assertEquals(
        List.of(
            INDEX
                + ": 1 tensor is not where it says; what the files hold is taken"
                + " (transformer.wpe.weight)"),
        notes());
  }

  @Test
  void aWeightThatNoFileHasIsToldByTheIndex() throws IOException {
    Path index = folder.resolve(INDEX);
    Files.writeString(
        index, Files.readString(index).replace("\"transformer.wpe.weight\"", "\"a.wpe.weight\""));
    assertTrue(notes().getFirst().contains("2 tensors are not where it says"));
    Files.writeString(index, Files.readString(index).replace(SECOND, THIRD));
    String message = refusal();
    assertTrue(message.contains("tensor wpe.weight is missing"), message);
  }

  @Test
  void anIndexNamesFilesOfItsKindAndFolder() throws IOException {
    for (String name : List.of("a.safetensors", "../a.bin", "/a.bin", ".a.bin", "b/a.bin", "")) {
      Files.writeString(folder.resolve(INDEX), "{\"weight_map\": {\"a\": \"" + name + "\"}}");
      assertEquals(
          INDEX
              + ": weight_map must map a to a .bin file in the same directory, not to \""
              + name
              + "\"",
          refusal());
    }
  }

  @Test
  void filesWithoutTheirIndexAreNotGuessed() throws IOException {
    Files.delete(folder.resolve(INDEX));
    assertEquals(
        "has neither model.safetensors nor model.safetensors.index.json, only"
            + " pytorch_model-00001-of-00004.bin, and of several files"
            + " pytorch_model.bin.index.json must tell which has what",
        refusal());
  }
}
