package gpt2j.bench.visualize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;

class TokenLabelsTest {
  private final Tokenizer tokenizer = Tokenizer.gpt2();
  private final TokenLabels labels = new TokenLabels(tokenizer);

  @Test
  void everyTokenHasAShortLabelInOneLine() {
    for (int token = 0; token < tokenizer.vocabularySize(); token++) {
      String label = labels.of(token).text();
      assertTrue(!label.isBlank() && label.length() <= 20, label);
      assertTrue(label.codePoints().noneMatch(Character::isISOControl), label);
    }
  }

  @Test
  void whatCannotBeSeenIsWritten() {
    assertEquals("␣world", label(" world"));
    assertEquals("\\n", label("\n"));
    assertEquals("·", label("·")); // which no space looks like
    int part = tokenizer.encode("🦀")[0]; // some of the crab's bytes
    assertEquals("0xF0", labels.of(part).text().substring(0, 4));
    assertEquals("#60000", labels.of(60_000).text());
  }

  private String label(String text) {
    int[] tokens = tokenizer.encode(text);
    assertEquals(1, tokens.length);
    return labels.of(tokens[0]).text();
  }
}
