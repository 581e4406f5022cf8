package gpt2j.spi;

import gpt2j.api.TokenQueue;
import gpt2j.api.Words;

/** A queue for backends whose operations are done when the call returns. */
public final class HostTokenQueue implements TokenQueue {
  /** Said where a queue has no room, of all that is in it. */
  public static final String FULL = "there is no room beside %s that nobody took";

  private final int rows;
  private final int depth;
  private final int[][] entries;
  private int first;
  private int count;

  /** An empty queue, of depth 0: there is nothing to be gained by queuing more. */
  public HostTokenQueue(int rows) {
    this(rows, 0);
  }

  /** An empty queue that holds more entries, as those of a device do. */
  public HostTokenQueue(int rows, int depth) {
    if (rows < 1 || depth < 0) {
      throw new IllegalArgumentException(
          "a queue of %d rows, %d steps deep".formatted(rows, depth));
    }
    this.rows = rows;
    this.depth = depth;
    entries = new int[depth + 1][rows];
  }

  /**
   * Puts an entry in.
   *
   * @param tokens {@link #rows} tokens or fewer, which are copied
   * @throws IllegalStateException when the queue is full
   */
  public void put(int[] tokens) {
    if (count == entries.length) {
      throw new IllegalStateException(
          FULL.formatted(Words.count(count, "queued entry", "queued entries")));
    }
    System.arraycopy(tokens, 0, entries[(first + count) % entries.length], 0, tokens.length);
    count++;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int depth() {
    return depth;
  }

  @Override
  public void take(int[] tokens) {
    if (count == 0) {
      throw new IllegalStateException("no entry is under way");
    }
    System.arraycopy(entries[first], 0, tokens, 0, rows);
    first = (first + 1) % entries.length;
    count--;
  }

  @Override
  public void clear() {
    count = 0;
  }

  @Override
  public void close() {}
}
