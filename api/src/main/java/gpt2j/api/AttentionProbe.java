package gpt2j.api;

import gpt2j.api.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What attention stores beside its result, for those who want to look at it. The result is the same
 * with any probe. Each is F32 {@code [rows, heads, capacity]}, null where it isn't wanted.
 *
 * @param scores what softmax is taken of: {@code scale · q·k} for each position that a row sees, −∞
 *     after the row's own position, which is masked
 * @param probabilities what each row's query gives to each position: softmax of the scores, so 0
 *     after the row's own position
 */
public record AttentionProbe(@Nullable Tensor scores, @Nullable Tensor probabilities) {
  /** Nothing is stored. */
  public static final AttentionProbe NONE = new AttentionProbe(null, null);
}
