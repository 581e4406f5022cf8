package gpt2j.model.gpt2.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of a vocabulary on their way into another folder. */
class TokenizerFolderTest {
  @TempDir private Path directory;
  @TempDir private Path elsewhere;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tokenizer.json",
        "vocab.json",
        "merges.txt",
        "added_tokens.json",
        "special_tokens_map.json",
        "tokenizer_config.json"
      })
  @Timeout(60)
  void whatIsNoSuchFileIsNotCopied(String name) throws IOException, InterruptedException {
    Path pipe = elsewhere.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Path secret = Files.writeString(elsewhere.resolve("secret"), "not a vocabulary\n");
    Path keys = Files.writeString(elsewhere.resolve("keys"), "{\"auths\":{\"example.org\":1}}{}");
    for (Path target : List.of(pipe, Path.of("/dev/zero"), elsewhere, secret, keys)) {
      vocabulary();
      Files.deleteIfExists(directory.resolve(name));
      Files.createSymbolicLink(directory.resolve(name), target);
      String message = refusal();
      assertEquals(name, message.substring(0, message.indexOf(':')), message);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vocab.json", "merges.txt", "added_tokens.json"})
  void otherJsonIsNoVocabulary(String name) throws IOException {
    vocabulary();
    Path keys = Files.writeString(elsewhere.resolve("keys"), "{\"auths\":{\"example.org\":\"x\"}}");
    Files.deleteIfExists(directory.resolve(name));
    Files.createSymbolicLink(directory.resolve(name), keys);
    String message = refusal();
    assertEquals(name, message.substring(0, message.indexOf(':')), message);
  }

  @Test
  void whatIsCopiedIsWhatWasRead() throws IOException {
    vocabulary();
    TokenizerFolder folder = TokenizerFolder.of(directory);
    Tokenizer tokenizer = folder.tokenizer();
    byte[] merges = Files.readAllBytes(directory.resolve("merges.txt"));
    Files.writeString(directory.resolve("merges.txt"), "#version: 0.2\n");
    Files.delete(directory.resolve("vocab.json"));
    Files.writeString(directory.resolve("vocab.json"), "{}");
    Map<String, byte[]> files = folder.files();
    assertArrayEquals(merges, files.get("merges.txt"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(elsewhere.resolve(file.getKey()), file.getValue());
    }
    assertArrayEquals(
        tokenizer.encode("the little newword"),
        Tokenizer.load(elsewhere).encode("the little newword"));
  }

  @Test
  void aByteOrderMarkIsNoPartOfAFile() throws IOException {
    vocabulary();
    int[] expected = Tokenizer.load(directory).encode("the little newword");
    for (String name : TokenizerFolder.of(directory).files().keySet()) {
      Path file = directory.resolve(name);
      Files.writeString(file, "\ufeff" + Files.readString(file));
    }
    TokenizerFolder folder = TokenizerFolder.of(directory);
    assertArrayEquals(expected, folder.tokenizer().encode("the little newword"));
    folder.files().forEach((name, content) -> assertFalse(content[0] == (byte) 0xEF, name));
  }

  @Test
  void withoutVocabularyItIsGpt2s() {
    TokenizerFolder folder = TokenizerFolder.of(directory);
    assertEquals(50_257, folder.tokenizer().vocabularySize());
    assertEquals(Map.of(), folder.present());
    assertEquals(TokenizerFiles.gpt2().content().keySet(), folder.files().keySet());
  }

  private void vocabulary() throws IOException {
    for (String name : List.of("vocab.json", "merges.txt", "added_tokens.json")) {
      Path file = directory.resolve(name);
      Files.deleteIfExists(file);
      Files.copy(Golden.folder("vocab").resolve(name), file);
    }
  }

  /** Of copying the vocabulary. */
  private String refusal() {
    return assertThrows(TokenizerException.class, () -> TokenizerFolder.of(directory).present())
        .getMessage();
  }
}
