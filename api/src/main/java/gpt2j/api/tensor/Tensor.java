package gpt2j.api.tensor;

/**
 * Memory of a backend with a type and a shape, row-major. A tensor is only a handle: its contents
 * are reached by {@link gpt2j.api.Backend#write} and {@link gpt2j.api.Backend#read}.
 */
public interface Tensor extends AutoCloseable {
  DataType type();

  Shape shape();

  /**
   * A view of {@code count} rows from row {@code first} on: same memory, fewer rows. Closing a view
   * does nothing; it must not be used after its owner is closed.
   *
   * @throws IndexOutOfBoundsException when the rows are not all inside the tensor
   */
  Tensor rows(int first, int count);

  /** Gives the memory back. Doing it twice does nothing. */
  @Override
  void close();

  /** Size of the contents in bytes. */
  default long bytes() {
    return shape().elements() * type().bytes();
  }
}
