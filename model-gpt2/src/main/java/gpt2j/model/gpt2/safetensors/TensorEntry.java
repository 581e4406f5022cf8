package gpt2j.model.gpt2.safetensors;

import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.format.StoredTensor;
import java.util.List;
import java.util.Optional;

/**
 * What a file's header says about one tensor.
 *
 * @param name its name in the file
 * @param type how one element is stored
 * @param sizes outermost first; none for a scalar, and any may be 0
 * @param begin first byte, counted from the end of the header
 * @param end the byte after the last, counted likewise
 */
public record TensorEntry(String name, StoredType type, List<Long> sizes, long begin, long end) {
  public TensorEntry {
    sizes = List.copyOf(sizes);
  }

  /** The sizes as a shape, {@code [1]} for a scalar; empty when a size is 0 or no int. */
  public Optional<Shape> shape() {
    return StoredTensor.shape(sizes);
  }

  /** Size in bytes. */
  public long bytes() {
    return end - begin;
  }
}
