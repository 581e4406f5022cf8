package gpt2j.model.gpt2;

import java.util.Arrays;
import java.util.List;

/** What a generation starts from. */
public sealed interface Prompt {
  /**
   * A text, which the model's tokenizer encodes; a special token's spelling in it, such as {@code
   * <|endoftext|>}, is ordinary text.
   */
  record Text(String text) implements Prompt {}

  /** Tokens as they are. */
  record Tokens(List<Integer> tokens) implements Prompt {
    public Tokens {
      tokens = List.copyOf(tokens);
    }
  }

  /** A text to go on from. */
  static Prompt of(String text) {
    return new Text(text);
  }

  /** Tokens to go on from. */
  static Prompt of(int... tokens) {
    return new Tokens(Arrays.stream(tokens).boxed().toList());
  }
}
