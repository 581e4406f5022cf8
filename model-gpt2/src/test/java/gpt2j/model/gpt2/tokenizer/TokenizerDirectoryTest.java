package gpt2j.model.gpt2.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of the files of a checkpoint decide about what. */
class TokenizerDirectoryTest {
  private static final String TEXT = "the little tokenizer\n";

  @TempDir private Path directory;

  @Test
  void gpt2WhereThereIsNoVocabulary() throws IOException {
    write("config.json", "{}");
    write("tokenizer_config.json", "{\"eos_token\": \"</s>\"}");
    assertEquals(50_257, Tokenizer.load(directory).vocabularySize());
    assertArrayEquals(
        new int[] {1169, 1310, 11241, 7509, 198}, Tokenizer.load(directory).encode(TEXT));
  }

  @Test
  void tokenizerJsonBeforeVocabAndMerges() throws IOException {
    copy("vocab", "vocab.json", "merges.txt");
    assertArrayEquals(load("vocab").encode(TEXT), Tokenizer.load(directory).encode(TEXT));
    copy("plain", "tokenizer.json");
    assertArrayEquals(load("plain").encode(TEXT), Tokenizer.load(directory).encode(TEXT));
  }

  @Test
  void whatIsMissedIsNotReplaced() throws IOException {
    copy("vocab", "merges.txt");
    fails("vocab.json: does not exist");
    copy("vocab", "vocab.json");
    Files.delete(directory.resolve("merges.txt"));
    fails("merges.txt: does not exist");
    Files.createSymbolicLink(directory.resolve("tokenizer.json"), Path.of("moved"));
    fails("tokenizer.json: is a link to a file that does not exist");
  }

  @Test
  void vocabulariesOfOtherKindsAreRefused() throws IOException {
    write("tokenizer.model", "");
    fails(
        "tokenizer.model: is not supported; a vocabulary must be byte-level BPE, in"
            + " tokenizer.json");
  }

  @Test
  void aDirectoryItMustBe() throws IOException {
    Path file = Files.createFile(directory.resolve("model.safetensors"));
    assertEquals(
        file + ": is not a directory",
        assertThrows(TokenizerException.class, () -> Tokenizer.load(file)).getMessage());
    Files.createDirectory(directory.resolve("tokenizer.json"));
    fails("tokenizer.json: is a directory");
  }

  @Test
  void theConfigurationNamesTheEndOfText() throws IOException {
    copy("plain", "tokenizer.json");
    int usual = Tokenizer.load(directory).endOfText().orElseThrow();
    write("special_tokens_map.json", "{\"eos_token\": {\"content\": \"he\", \"lstrip\": false}}");
    int[] he = Tokenizer.load(directory).encode("he");
    assertEquals(1, he.length);
    assertEquals(OptionalInt.of(he[0]), Tokenizer.load(directory).endOfText());
    // The older file has the last word unless the newer is of the time of added_tokens_decoder.
    String usualEnd = "\"eos_token\": \"<|endoftext|>\", \"model_max_length\": 1e30";
    write("tokenizer_config.json", "{" + usualEnd + "}");
    assertEquals(OptionalInt.of(he[0]), Tokenizer.load(directory).endOfText());
    String added = "\"added_tokens_decoder\": {\"0\": {\"content\": \"<|endoftext|>\"}}";
    write("tokenizer_config.json", "{" + usualEnd + ", " + added + "}");
    assertEquals(OptionalInt.of(usual), Tokenizer.load(directory).endOfText());
    write("tokenizer_config.json", "{\"eos_token\": null, " + added + "}");
    assertEquals(OptionalInt.empty(), Tokenizer.load(directory).endOfText());
    // One that isn't in the vocabulary yet comes after it, as in transformers.
    write("tokenizer_config.json", "{\"eos_token\": \"</s>\", " + added + "}");
    assertEquals(OptionalInt.of(520), Tokenizer.load(directory).endOfText());
  }

  @Test
  void theConfigurationOverridesThePrefixSpace() throws IOException {
    copy("plain", "tokenizer.json");
    int[] spaced = Tokenizer.load(directory).encode(" " + TEXT);
    write("tokenizer_config.json", "{\"add_prefix_space\": true}");
    assertArrayEquals(spaced, Tokenizer.load(directory).encode(TEXT));
    assertArrayEquals(spaced, Tokenizer.load(directory).encode(" " + TEXT));
    assertArrayEquals(new int[0], Tokenizer.load(directory).encode(""));
  }

  @Test
  void addedTokensFollowTheVocabulary() throws IOException {
    String plain = Files.readString(Golden.folder("plain").resolve("tokenizer.json"));
    String list = "\"added_tokens\":[";
    write("tokenizer.json", plain.replace(list, list + added(520, "é!", true) + ","));
    Tokenizer tokenizer = Tokenizer.load(directory);
    assertEquals(521, tokenizer.vocabularySize());
    assertEquals(Map.of("é!", 520, "<|endoftext|>", 0), tokenizer.specialTokens());
    assertEquals("é!", tokenizer.decode(520));
    assertArrayEquals(new int[] {520}, tokenizer.encode("é!", SpecialTokens.RECOGNIZED));
    // As transformers numbers it, whatever the file says; a model that knows it as 50300 would be
    // told another token.
    write("tokenizer.json", plain.replace(list, list + added(50_300, "é!", true) + ","));
    fails(
        "tokenizer.json: added_tokens: \"é!\" has id 50300 but must have 520, the next that is"
            + " free");
  }

  @Test
  void bytesWithoutTokenAreNamed() throws IOException {
    String unknown = Files.readString(Golden.folder("unknown").resolve("tokenizer.json"));
    write("tokenizer.json", unknown.replace("\"unk_token\":\"<unk>\"", "\"unk_token\":null"));
    Tokenizer tokenizer = Tokenizer.load(directory);
    assertEquals("the", tokenizer.decode(tokenizer.encode("the")));
    assertEquals(
        "the vocabulary has no token for byte 0xC3 of the text",
        assertThrows(TokenizerException.class, () -> tokenizer.encode("thé")).getMessage());
  }

  static String added(int id, String content, boolean special) {
    return "{\"id\":%d,\"content\":\"%s\",\"special\":%s}".formatted(id, content, special);
  }

  private static Tokenizer load(String folder) {
    return Tokenizer.load(Golden.folder(folder));
  }

  private void copy(String folder, String... names) throws IOException {
    for (String name : names) {
      Files.copy(Golden.folder(folder).resolve(name), directory.resolve(name));
    }
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }

  private void fails(String message) {
    assertEquals(
        message,
        assertThrows(TokenizerException.class, () -> Tokenizer.load(directory)).getMessage());
  }
}
