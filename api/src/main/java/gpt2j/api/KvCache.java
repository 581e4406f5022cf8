package gpt2j.api;

/**
 * Keys and values of past positions, for every layer and sequence slot. Its layout is the backend's
 * own. It belongs to whoever decodes, never to the model; how many positions of a slot are valid is
 * not its business but follows from the positions in each {@link TokenBatch}.
 *
 * <p>Memory is taken slot by slot: a row may be stored where its slot has room, and a new cache has
 * none. Where a backend takes all of it at once there is room everywhere.
 */
public interface KvCache extends AutoCloseable {
  KvCacheSpec spec();

  /**
   * Makes room for positions {@code 0 … positions - 1} of a slot, or more, in order with the
   * operations queued; what is stored there stays. Recorded steps needn't be recorded again. Asked
   * again and again for a few positions more, by sessions that grow.
   *
   * @throws OutOfMemoryException when the device or the limit has no room; then nothing has changed
   */
  void reserve(int slot, int positions);

  /** Makes room for all positions of all slots. */
  default void reserveAll() {
    for (int slot = 0; slot < spec().sequences(); slot++) {
      reserve(slot, spec().capacity());
    }
  }

  /**
   * Leaves room for no more than positions {@code 0 … positions - 1} of a slot, in order with the
   * operations queued; what lies behind them is lost, and its memory may be given back.
   */
  void trim(int slot, int positions);

  @Override
  void close();
}
