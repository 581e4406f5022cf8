package gpt2j.backend.cpu.kernel;

/**
 * Products with rows of a table, by the type of its numbers. Rows are read in several streams side
 * by side, with sums in registers: with one stream the processor doesn't read far enough ahead, and
 * sums that go to memory and back hold it up for half of the time.
 */
public interface TableKernel {
  /** Streams side by side. */
  int STREAMS = 4;

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
