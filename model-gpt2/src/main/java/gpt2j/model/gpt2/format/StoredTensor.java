package gpt2j.model.gpt2.format;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;

/**
 * A tensor in a file.
 *
 * @param name its name, as {@link WeightFile#stored} says
 * @param type what the format calls the type of its elements
 * @param dataType what its values are read as; none where they can't be
 * @param rounded whether they are the nearest of that type to those in the file
 * @param sizes outermost first, as values are read; none for a scalar, and any may be 0
 * @param bytes how many the file has for it
 * @param values where they come from
 */
public record StoredTensor(
    String name,
    String type,
    Optional<DataType> dataType,
    boolean rounded,
    List<Long> sizes,
    long bytes,
    Values values) {
  public StoredTensor {
    sizes = List.copyOf(sizes);
  }

  /** Gives the values of a tensor, a part at a time. */
  @FunctionalInterface
  public interface Values {
    /**
     * Copies bytes of values from byte {@code from} on, as many as there is room for: whole
     * elements, little-endian and row-major. Any number of threads may call.
     *
     * @throws IOException whose message is to follow "FILE: "
     */
    void read(long from, MemorySegment to) throws IOException;
  }

  /** The same under another name. */
  public StoredTensor withName(String other) {
    return new StoredTensor(other, type, dataType, rounded, sizes, bytes, values);
  }

  /** The sizes as a shape, {@code [1]} for a scalar; empty when a size is 0 or no int. */
  public Optional<Shape> shape() {
    return shape(sizes);
  }

  /** As {@link #shape()}. */
  public static Optional<Shape> shape(List<Long> sizes) {
    if (sizes.isEmpty()) {
      return Optional.of(Shape.of(1));
    }
    if (sizes.stream().anyMatch(size -> size < 1 || size > Integer.MAX_VALUE)) {
      return Optional.empty();
    }
    return Optional.of(Shape.of(sizes.stream().mapToInt(Long::intValue).toArray()));
  }

  /**
   * The values, which are read each time they are asked for.
   *
   * @param as what to call the tensor from now on
   * @param failure makes what is thrown when values can't be read; the exception's message is to
   *     follow "FILE: "
   * @throws NoSuchElementException when it has a type or a shape that can't be read
   */
  public HostTensor read(
      String as, Function<? super IOException, ? extends RuntimeException> failure) {
    HostTensor.Source source =
        (from, to) -> {
          try {
            values.read(from, to);
          } catch (IOException e) {
            throw failure.apply(e);
          }
        };
    return new HostTensor(as, dataType.orElseThrow(), shape().orElseThrow(), source);
  }
}
