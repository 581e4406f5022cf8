package gpt2j.model.gpt2;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The model's logits aren't numbers, so there is no next token and no probability: some are NaN or
 * infinite. The message is one line that names the first layer they come out of.
 */
public final class NonFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String layer;

  NonFiniteException(@Nullable String layer, String message) {
    super(message);
    this.layer = layer;
  }

  /**
   * The first layer with such a result, under the checkpoint's name, as in {@code h.3.attn.c_proj};
   * empty where it didn't happen again when the model was evaluated once more.
   */
  public Optional<String> layer() {
    return Optional.ofNullable(layer);
  }
}
