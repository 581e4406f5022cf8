package gpt2j.backend.cpu.attention;

import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;

/**
 * The rows of a batch, shared out to the workers by head and by {@linkplain Attention#TILE tile}.
 * Where many rows of one slot stand side by side, as in a prompt, its keys and values are widened
 * before, once for all of them.
 */
public final class AttentionBatch {
  /** From so many rows of a slot on it is widened before. */
  private static final int WIDENED_ROWS = 16;

  private final CpuRuntime runtime;
  private final Attention attention;
  private final CpuKvCache cache;
  private final long slots;
  private final int rows;
  private final int heads;

  public AttentionBatch(
      CpuRuntime runtime, Attention attention, CpuKvCache cache, long slots, int rows) {
    this.runtime = runtime;
    this.attention = attention;
    this.cache = cache;
    this.slots = slots;
    this.rows = rows;
    heads = cache.spec().heads();
  }

  /** Does all of it. */
  public void run() {
    boolean isWide = cache.layout().isWide();
    int[] tiles = new int[rows]; // first row of each
    int count = 0;
    for (int row = 0; row < rows; ) {
      int end = endOfRun(row);
      if (!isWide && end - row >= WIDENED_ROWS) {
        attendWidened(row, end);
        row = end;
      }
      for (; row < end; row += tileSize(row)) {
        tiles[count++] = row;
      }
    }
    if (count > 0) {
      attend(tiles, count, scratch(0), 0);
    }
  }

  /** The row behind those that stand beside {@code row} and are of its slot. */
  private int endOfRun(int row) {
    int end = row + 1;
    while (end < rows && slot(end) == slot(row)) {
      end++;
    }
    return end;
  }

  private int slot(int row) {
    return Memory.getInt(slots + (long) row * Integer.BYTES);
  }

  /** How many rows from {@code row} on are computed together: those of one slot, or just one. */
  private int tileSize(int row) {
    if (row + Attention.TILE > rows) {
      return 1;
    }
    for (int i = 1; i < Attention.TILE; i++) {
      if (slot(row + i) != slot(row)) {
        return 1;
      }
    }
    return Attention.TILE;
  }

  private long scratch(long before) {
    return runtime.scratch().bytes(before + runtime.pool().size() * Attention.scratchBytes(cache));
  }

  private void attendWidened(int first, int end) {
    long widenedBytes = heads * Attention.widenedBytes(cache);
    long widened = scratch(widenedBytes);
    runtime
        .pool()
        .forEach(heads, (head, worker) -> attention.widen(head, first, end - first, widened));
    int[] tiles = new int[end - first];
    int count = 0;
    for (int row = first; row < end; row += tileSize(row)) {
      tiles[count++] = row;
    }
    attend(tiles, count, widened + widenedBytes, widened);
  }

  private void attend(int[] tiles, int count, long scratch, long widened) {
    long scratchBytes = Attention.scratchBytes(cache);
    runtime
        .pool()
        .forEach(
            count * heads,
            (task, worker) -> {
              int row = tiles[count - 1 - task / heads]; // the longest first
              attention.run(
                  task % heads, row, tileSize(row), scratch + worker * scratchBytes, widened);
            });
  }
}
