package gpt2j.api;

/** A table of vectors in a backend's own layout. Immutable. */
public interface EmbeddingTable extends AutoCloseable {
  /** Number of vectors: tokens of the vocabulary, or positions of the context. */
  int rows();

  /** Size of one vector. */
  int width();

  /** Bytes of the whole table as stored. */
  long bytes();

  @Override
  void close();
}
