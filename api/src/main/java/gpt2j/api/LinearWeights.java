package gpt2j.api;

/** A weight matrix and its bias in a backend's own layout. Immutable. */
public interface LinearWeights extends AutoCloseable {
  /** Size of an input row. */
  int inputs();

  /** Size of an output row. */
  int outputs();

  /** Bytes that one product must read: weights and bias as stored. */
  long bytes();

  @Override
  void close();
}
