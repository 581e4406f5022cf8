package gpt2j.model.gpt2.tokenizer;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import org.jspecify.annotations.Nullable;

/** The vocabulary that OpenAI released with GPT-2, known as r50k_base, out of jtokkit. */
final class Gpt2Vocabulary implements Vocabulary {
  /** The ids of byte pair encoding; {@code <|endoftext|>} comes after them. */
  static final int SIZE = 50_256;

  // A registry of its own: the lazy one reads this encoding only, not those of later models.
  private final Encoding encoding =
      Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE);

  @Override
  public void encode(String text, boolean begins, IntArrayList tokens) {
    // Not encode(), which refuses a text that holds the name of a special token.
    IntArrayList encoded = encoding.encodeOrdinary(text);
    for (int i = 0; i < encoded.size(); i++) {
      tokens.add(encoded.get(i));
    }
  }

  @Override
  public boolean addsPrefixSpace() {
    return false;
  }

  @Override
  public byte @Nullable [] bytes(int token) {
    // Special tokens must not get this far: jtokkit stores them on first use, unsynchronised.
    if (!has(token)) {
      return null;
    }
    IntArrayList one = new IntArrayList(1);
    one.add(token);
    return encoding.decodeBytes(one);
  }

  @Override
  public boolean has(int token) {
    return token >= 0 && token < SIZE;
  }

  @Override
  public int size() {
    return SIZE;
  }
}
