package gpt2j.model.gpt2.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same ids and the same text as Hugging Face tokenizers. */
class GoldenTest {
  static List<String> folders() {
    return Golden.FOLDERS;
  }

  @ParameterizedTest
  @MethodSource("folders")
  void ownVocabularyAgrees(String folder) {
    agrees(folder, Tokenizer.load(Golden.folder(folder)));
  }

  @Test
  void gpt2Agrees() {
    agrees("r50k", Tokenizer.gpt2());
  }

  private static void agrees(String folder, Tokenizer tokenizer) {
    int encoded = 0;
    int decoded = 0;
    for (Golden golden : Golden.read(folder)) {
      if (golden.text() != null) {
        String about = "encoding of " + TokenizerException.quote(golden.text());
        assertArrayEquals(golden.ids(), tokenizer.encode(golden.text()), about);
        assertArrayEquals(
            golden.special(),
            tokenizer.encode(golden.text(), SpecialTokens.RECOGNIZED),
            about + ", special tokens recognised");
        encoded++;
      }
      if (golden.decoded() != null) {
        assertEquals(golden.decoded(), tokenizer.decode(golden.ids()));
        decoded++;
      }
    }
    assertTrue(encoded >= 30, "texts: " + encoded);
    assertTrue(decoded >= 5 || folder.equals("random"), "sequences: " + decoded);
  }
}
