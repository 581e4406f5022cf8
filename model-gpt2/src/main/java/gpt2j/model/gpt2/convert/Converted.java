package gpt2j.model.gpt2.convert;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.WeightFormat;
import java.util.List;
import java.util.Optional;

/**
 * What came of a conversion.
 *
 * @param from what the format that was read is called
 * @param tensors in the order in which the model uses them
 * @param geluBefore that of the model that was read
 * @param gelu that of the copy, which is another only where that was asked for
 * @param nonFinite the first tensor with a value that is NaN or infinite, and so in the copy
 */
public record Converted(
    String from,
    List<Tensor> tensors,
    GeluForm geluBefore,
    GeluForm gelu,
    Optional<String> nonFinite) {
  public Converted {
    tensors = List.copyOf(tensors);
  }

  /**
   * A tensor that was read and written.
   *
   * @param name Hugging Face's, without {@code transformer.}
   * @param storedAs what the file that was read calls its type; {@code none} where it hadn't the
   *     tensor, a bias of zeros
   * @param storedBytes how many that file has for it
   * @param format what it was written as
   * @param bytes how many were written
   */
  public record Tensor(
      String name, String storedAs, long storedBytes, WeightFormat format, long bytes) {}
}
