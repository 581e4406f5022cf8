package gpt2j.backend.cpu.kernel;

/**
 * Products with rows of a table, by the type of its numbers. Rows are read in several streams side
 * by side, a turn of each at a time: one line of the cache of each in turn is a quarter slower, as
 * is one stream alone, and from 16 streams on the processor no longer reads ahead in all of them.
 */
public interface TableKernel {
  /** Streams side by side. */
  int STREAMS = 8;

  /** Vectors of the processor that are read of a stream before the next one's turn. */
  int TURN = 4;

  /**
   * {@code sums[i] = x·row i} for {@link #STREAMS} rows, each a vector of the processor that is
   * still to be added up.
   *
   * @param next bytes from each row to the next
   */
  void addUp(long sums, long x, long rows, long next);

  /** The same for one row. */
  void addUp(long sums, long x, long row);
}
