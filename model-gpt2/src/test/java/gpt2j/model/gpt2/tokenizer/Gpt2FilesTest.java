package gpt2j.model.gpt2.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * GPT-2's vocabulary read from files against the same through jtokkit: two implementations that
 * share no more than the pattern.
 */
class Gpt2FilesTest {
  private static Tokenizer fromFiles;
  private static Tokenizer gpt2;

  @BeforeAll
  static void load(@TempDir Path directory) throws IOException {
    Gpt2Files.write(directory);
    fromFiles = Tokenizer.load(directory);
    gpt2 = Tokenizer.gpt2();
  }

  @Test
  void sameVocabulary() {
    assertEquals(50_257, gpt2.vocabularySize());
    assertEquals(50_257, fromFiles.vocabularySize());
    assertEquals(gpt2.specialTokens(), fromFiles.specialTokens());
    assertEquals(50_256, gpt2.endOfText().orElseThrow());
    assertEquals(gpt2.endOfText(), fromFiles.endOfText());
    for (int token = 0; token < 50_257; token++) {
      assertArrayEquals(gpt2.bytes(token), fromFiles.bytes(token));
    }
  }

  @Test
  void sameTokens() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 5000; i++) {
      agree(Texts.next(random));
    }
  }

  @Test
  void sameTokensOfLongPieces() {
    // jtokkit takes another way for pieces of 500 bytes and more.
    SplittableRandom random = new SplittableRandom(4);
    String[] letters = {"a", "ab", "=-", "etaoinshrdlu", "0123456789", " \n", "the ", "日本語"};
    for (int i = 0; i < 300; i++) {
      String alphabet = letters[i % letters.length];
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(400, 1500); length > 0; length--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      agree(text.toString());
      agree(alphabet.repeat(random.nextInt(100, 600)));
    }
  }

  private static void agree(String text) {
    assertArrayEquals(
        gpt2.encode(text), fromFiles.encode(text), () -> TokenizerException.quote(text));
  }
}
