package gpt2j.model.gpt2.format;

import gpt2j.model.gpt2.format.StoredTensor.Values;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Turns matrices of a file that lie {@code [outputs, inputs]}, as PyTorch's {@code Linear} has
 * them, into {@code [inputs, outputs]}. A matrix is turned as a whole, and the last few that were
 * asked for are kept, for they are read in many parts; one after another, as a model is loaded and
 * as a file is written.
 */
public final class Transposer {
  /** Two, so that threads that have come to the next matrix don't drive out that of the others. */
  private static final int KEPT = 2;

  private static final int ROWS = 32; // that are turned at a time: some lines of the cache

  private final Map<Turned, MemorySegment> kept = new LinkedHashMap<>();

  /** One whose values are those of a matrix, turned. */
  private final class Turned implements Values {
    private final Values matrix;
    private final int rows;
    private final int columns;
    private final int bytes;

    Turned(Values matrix, int rows, int columns, int bytes) {
      this.matrix = matrix;
      this.rows = rows;
      this.columns = columns;
      this.bytes = bytes;
    }

    @Override
    public void read(long from, MemorySegment to) throws IOException {
      MemorySegment.copy(turned(this), from, to, 0, to.byteSize());
    }

    private MemorySegment turn() throws IOException {
      long rowBytes = (long) columns * bytes;
      MemorySegment turned = Arena.ofAuto().allocate(rows * rowBytes, Long.BYTES);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment band = arena.allocate(Math.min(ROWS, rows) * rowBytes, Long.BYTES);
        for (int first = 0; first < rows; first += ROWS) {
          int count = Math.min(ROWS, rows - first);
          matrix.read(first * rowBytes, band.asSlice(0, count * rowBytes));
          turn(band, first, count, turned);
        }
      }
      return turned.asReadOnly();
    }

    private void turn(MemorySegment band, int first, int count, MemorySegment turned) {
      for (long column = 0; column < columns; column++) {
        long to = column * rows + first;
        if (bytes == Float.BYTES) {
          for (int row = 0; row < count; row++) {
            int value = band.getAtIndex(ValueLayout.JAVA_INT, (long) row * columns + column);
            turned.setAtIndex(ValueLayout.JAVA_INT, to + row, value);
          }
        } else {
          for (int row = 0; row < count; row++) {
            short value = band.getAtIndex(ValueLayout.JAVA_SHORT, (long) row * columns + column);
            turned.setAtIndex(ValueLayout.JAVA_SHORT, to + row, value);
          }
        }
      }
    }
  }

  /**
   * The values of a matrix, turned.
   *
   * @param rows outputs
   * @param columns inputs
   * @param bytes of an element: 2 or 4
   */
  public Values turned(Values matrix, int rows, int columns, int bytes) {
    return new Turned(matrix, rows, columns, bytes);
  }

  private synchronized MemorySegment turned(Turned values) throws IOException {
    MemorySegment known = kept.remove(values);
    MemorySegment turned = known == null ? values.turn() : known;
    while (kept.size() >= KEPT) {
      kept.remove(kept.keySet().iterator().next());
    }
    kept.put(values, turned); // the last
    return turned;
  }
}
