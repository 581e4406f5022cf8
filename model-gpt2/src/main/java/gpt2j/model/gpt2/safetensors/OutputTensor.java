package gpt2j.model.gpt2.safetensors;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * A tensor to be written.
 *
 * @param name its name in the file
 * @param values where its values come from
 */
public record OutputTensor(String name, DataType type, Shape shape, Values values) {
  /** Gives the values of a tensor, a part at a time. */
  @FunctionalInterface
  public interface Values {
    /**
     * Stores elements from {@code first} on, little-endian, as many as there is room for. Called
     * from several threads at once, in any order.
     *
     * @param out a whole number of elements, none beyond the tensor's end
     */
    void store(long first, MemorySegment out);
  }

  /** The same values under the same name. */
  public static OutputTensor of(HostTensor tensor) {
    int bytes = tensor.type().bytes();
    return new OutputTensor(
        tensor.name(),
        tensor.type(),
        tensor.shape(),
        (first, out) -> tensor.read(first * bytes, out));
  }

  long bytes() {
    return Math.multiplyExact(shape.elements(), type.bytes());
  }
}
