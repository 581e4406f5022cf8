package gpt2j.model.gpt2.gguf;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.format.FormatGolden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that pip's gguf wrote in several files: {@code src/test/python/make_gguf_golden.py}. */
class GgufPartsTest {
  private static final List<String> PARTS =
      List.of(
          "parts-00001-of-00003.gguf", "parts-00002-of-00003.gguf", "parts-00003-of-00003.gguf");
  private static final List<String> HALVES =
      List.of("halves-00001-of-00002.gguf", "halves-00002-of-00002.gguf");

  @TempDir private Path folder;

  @BeforeEach
  void copy() throws IOException {
    for (String name : PARTS) {
      Files.copy(FormatGolden.file("gguf/" + name), place(name));
    }
    for (String name : HALVES) {
      Files.copy(FormatGolden.file("gguf/" + name), place(name));
    }
  }

  private Path place(String name) {
    return folder.resolve(name);
  }

  /** Whichever part is named, it is the model; in the one the first part has no tensors. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "parts-00001-of-00003.gguf",
        "parts-00003-of-00003.gguf",
        "halves-00001-of-00002.gguf",
        "halves-00002-of-00002.gguf"
      })
  void eachPartNamesTheModel(String name) {
    FormatGolden.agrees(place(name), "gguf", "q8_0");
    assertArrayEquals(
        CheckpointTokenizer.load(FormatGolden.file("gguf/q8_0.gguf")).encode("Once upon a time"),
        CheckpointTokenizer.load(place(name)).encode("Once upon a time"));
    try (Checkpoint checkpoint = Checkpoint.open(place(name))) {
      assertEquals(
          name.startsWith("parts") ? "GGUF 3, 3 parts" : "GGUF 3, 2 parts", checkpoint.format());
    }
  }

  private String refusal(String name) {
    String message =
        assertThrows(CheckpointException.class, () -> Checkpoint.open(place(name)).close())
            .getMessage();
    return message.replace(place(name) + ": ", "");
  }

  @Test
  void aPartThatIsMissingIsNamed() throws IOException {
    Files.delete(place(PARTS.get(1)));
    assertEquals(PARTS.get(1) + ": does not exist", refusal(PARTS.getFirst()));
    assertEquals(PARTS.get(1) + ": does not exist", refusal(PARTS.getLast()));
  }

  @Test
  void aNameThatDoesNotLeadToTheOthersIsRefused() throws IOException {
    Files.move(place(PARTS.get(1)), place("second.gguf"));
    assertEquals(
        "is part 2 of 3 (split.no, split.count), so its name must end in -00002-of-00003.gguf, or"
            + " the others can't be found",
        refusal("second.gguf"));
  }

  @Test
  void partsOfDifferentModelsAreRefused() throws IOException {
    Path second = place(PARTS.get(1));
    Files.copy(place(PARTS.get(2)), second, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertEquals(
        PARTS.get(1)
            + ": says that it is part 3 of 3 (split.no, split.count), so the parts are not of one"
            + " model",
        refusal(PARTS.getFirst()));
    Files.copy(place(HALVES.get(1)), second, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertEquals(
        PARTS.get(1)
            + ": says that it is part 2 of 2 (split.no, split.count), so the parts are not of one"
            + " model",
        refusal(PARTS.getFirst()));
  }

  @Test
  void aTensorThatTwoPartsHaveIsRefused() throws IOException {
    // The third part once more as the second: then it has what the third has.
    byte[] third = Files.readAllBytes(place(PARTS.get(2)));
    setShort(third, "split.no", 1);
    Files.write(place(PARTS.get(1)), third);
    String message = refusal(PARTS.getFirst());
    assertEquals(
        PARTS.get(2)
            + ": tensor NAME is in "
            + PARTS.get(1)
            + " too, so the parts are not of one model",
        message.replaceFirst("tensor \\S+", "tensor NAME"));
  }

  @Test
  void aNumberOfTensorsThatIsNotTheirsIsRefused() throws IOException {
    byte[] second = Files.readAllBytes(place(PARTS.get(1)));
    setShort(second, "split.tensors.count", 7);
    Files.write(place(PARTS.get(1)), second);
    assertEquals(
        PARTS.get(1)
            + ": split.tensors.count is 7, but the parts have 28 tensors together: they are not of"
            + " one model",
        refusal(PARTS.getFirst()));
  }

  @Test
  void numbersThatCanNotBeAreRefused() throws IOException {
    byte[] first = Files.readAllBytes(place(PARTS.getFirst()));
    setShort(first, "split.no", 3);
    Files.write(place(PARTS.getFirst()), first);
    assertEquals("split.no is 3, but split.count is 3", refusal(PARTS.getFirst()));
    setShort(first, "split.no", 0);
    setShort(first, "split.count", 60_000);
    Files.write(place(PARTS.getFirst()), first);
    assertEquals(
        "is one of 60000 parts (split.count), more than 1000, the limit",
        refusal(PARTS.getFirst()));
  }

  @Test
  void damageIsToldOfThePartThatHasIt() throws IOException {
    Path third = place(PARTS.get(2));
    byte[] bytes = Files.readAllBytes(third);
    Files.write(third, Arrays.copyOf(bytes, bytes.length - 32));
    String message = refusal(PARTS.getFirst());
    assertEquals(PARTS.get(2) + ": is cut off or damaged", message.replaceFirst(": tensor.*", ""));
    Files.write(third, new byte[100]);
    assertEquals(PARTS.get(2) + ": is no GGUF file", refusal(PARTS.getFirst()));
  }

  /** Sets a number behind its key and its type. */
  private static void setShort(byte[] file, String key, int value) {
    byte[] text = key.getBytes(US_ASCII);
    for (int i = 0; i < file.length - text.length; i++) {
      if (Arrays.equals(file, i, i + text.length, text, 0, text.length)
          && file[i - Long.BYTES] == text.length) {
        ByteBuffer.wrap(file)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort(i + text.length + Integer.BYTES, (short) value);
        return;
      }
    }
    throw new IllegalArgumentException("the file has no " + key);
  }
}
