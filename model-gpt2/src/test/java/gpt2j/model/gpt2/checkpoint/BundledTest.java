package gpt2j.model.gpt2.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.files.BundledFiles;
import gpt2j.model.gpt2.stories.Stories;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The model that comes with the program. */
class BundledTest {
  private static final int MOST_BYTES = 4_000_000;

  @Test
  void itIsSmallAndWhole() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.bundled()) {
      assertEquals(TensorLayout.of(checkpoint.config()).keySet(), checkpoint.names());
      assertEquals(Tokenizer.bundled().vocabularySize(), checkpoint.config().vocabularySize());
      assertTrue(checkpoint.names().stream().allMatch(name -> finite(checkpoint, name)));
    }
    long bytes = 0;
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      try (InputStream in = BundledFiles.open(file)) {
        bytes += in.readAllBytes().length;
      }
    }
    assertTrue(bytes <= MOST_BYTES, "bytes: " + bytes);
  }

  private static boolean finite(Checkpoint checkpoint, String name) {
    var tensor = checkpoint.tensor(name);
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    tensor.copyTo(0, values, 0, values.length);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  @Test
  void itsTokenizerReadsStories() {
    Tokenizer tokenizer = Tokenizer.bundled();
    Stories stories = new Stories(5);
    int tokens = 0;
    int characters = 0;
    for (int i = 0; i < 100; i++) {
      String story = stories.story(i);
      int[] encoded = tokenizer.encode(story);
      assertEquals(story, tokenizer.decode(encoded));
      tokens += encoded.length;
      characters += story.length();
    }
    assertTrue(characters > 3 * tokens, characters + " characters in " + tokens + " tokens");
    assertEquals("caf\u00e9 \u6f22", tokenizer.decode(tokenizer.encode("caf\u00e9 \u6f22")));
    assertEquals(tokenizer.vocabularySize() - 1, tokenizer.endOfText().orElseThrow());
  }
}
