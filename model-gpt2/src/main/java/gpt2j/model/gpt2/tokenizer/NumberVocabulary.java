package gpt2j.model.gpt2.tokenizer;

import com.knuddels.jtokkit.api.IntArrayList;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * No vocabulary: of a token no more is known than its id, which is also all that it is shown as,
 * with a space before. There are no tokens of texts.
 *
 * @param size one more than the largest id
 * @param reason what to say to whoever has a text
 */
record NumberVocabulary(int size, String reason) implements Vocabulary {
  @Override
  public void encode(String text, boolean begins, IntArrayList tokens) {
    throw new TokenizerException(reason);
  }

  @Override
  public boolean addsPrefixSpace() {
    return false;
  }

  @Override
  public byte @Nullable [] bytes(int token) {
    return has(token) ? (" " + token).getBytes(StandardCharsets.US_ASCII) : null;
  }

  @Override
  public boolean has(int token) {
    return token >= 0 && token < size;
  }
}
