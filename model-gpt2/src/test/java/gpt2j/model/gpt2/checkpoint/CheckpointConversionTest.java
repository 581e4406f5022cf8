package gpt2j.model.gpt2.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.convert.Conversion;
import gpt2j.model.gpt2.convert.Target;
import gpt2j.model.gpt2.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a vocabulary when a checkpoint is copied. */
class CheckpointConversionTest {
  @TempDir private Path directory;
  private Path from;
  private Path to;

  @BeforeEach
  void write() throws IOException {
    from = Files.createDirectory(directory.resolve("from"));
    to = directory.resolve("to");
    Gpt2Config config = Tiny.config();
    Tiny.write(from, config, Tiny.tensors(config).values());
  }

  @Test
  void theVocabularyIsCopied() throws IOException {
    Map<String, byte[]> files = TokenizerFiles.bytes().content();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(from.resolve(file.getKey()), file.getValue());
    }
    convert();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      assertArrayEquals(file.getValue(), Files.readAllBytes(to.resolve(file.getKey())));
    }
  }

  @Test
  @Timeout(60)
  void aPipeIsNoVocabulary() throws IOException, InterruptedException {
    Path pipe = from.resolve("merges.txt");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    assertRefused("merges.txt: is not a regular file");
  }

  @Test
  void aLinkToSomethingElseIsNotCopied() throws IOException {
    Path other = Files.writeString(directory.resolve("hostname"), "example\n");
    Files.createSymbolicLink(from.resolve("vocab.json"), other);
    assertRefused(
        "vocab.json: is not valid JSON at character 0: Unrecognized token 'example': was expecting"
            + " (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
  }

  private void assertRefused(String problem) {
    CheckpointException refusal = assertThrows(CheckpointException.class, this::convert);
    assertEquals(from + ": " + problem, refusal.getMessage());
    assertFalse(Files.exists(to));
  }

  private void convert() {
    new Conversion(from, to, Target.HF, Optional.of(WeightFormat.F16), (_, _) -> {}, _ -> {}).run();
  }
}
