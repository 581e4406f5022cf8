package gpt2j.model.gpt2.format;

import gpt2j.model.gpt2.format.StoredTensor.Values;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gives tensors of a file whose numbers lie in another order: matrices {@code [outputs, inputs]},
 * as PyTorch's {@code Linear} has them, as {@code [inputs, outputs]}. Such a tensor is put in order
 * as a whole, and the last few that were asked for are kept, for they are read in many parts; one
 * after another, as a model is loaded and as a file is written.
 */
public final class Transposer {
  /** Two, so that threads that have come to the next tensor don't drive out that of the others. */
  private static final int KEPT = 2;

  private static final int ROWS = 32; // that are turned at a time: some lines of the cache

  private final Map<Ordered, MemorySegment> kept = new LinkedHashMap<>();

  /** Reads the whole of a tensor, in order. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Its bytes.
     *
     * @throws IOException whose message is to follow "FILE: "
     */
    MemorySegment read() throws IOException;
  }

  /** The values of one. Two are never equal. */
  private final class Ordered implements Values {
    private final Reader reader;

    Ordered(Reader reader) {
      this.reader = reader;
    }

    @Override
    public void read(long from, MemorySegment to) throws IOException {
      MemorySegment.copy(whole(this), from, to, 0, to.byteSize());
    }
  }

  /** Values that are put in order when they are needed. */
  public Values ordered(Reader reader) {
    return new Ordered(reader);
  }

  /**
   * The values of a matrix, turned.
   *
   * @param rows of the matrix as it is: outputs
   * @param columns inputs
   * @param bytes of an element: 2 or 4
   */
  public Values turned(Values matrix, int rows, int columns, int bytes) {
    return ordered(() -> turn(matrix, rows, columns, bytes));
  }

  private static MemorySegment turn(Values matrix, int rows, int columns, int bytes)
      throws IOException {
    long rowBytes = (long) columns * bytes;
    MemorySegment turned = Arena.ofAuto().allocate(rows * rowBytes, Long.BYTES);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment band = arena.allocate(Math.min(ROWS, rows) * rowBytes, Long.BYTES);
      for (int first = 0; first < rows; first += ROWS) {
        int count = Math.min(ROWS, rows - first);
        matrix.read(first * rowBytes, band.asSlice(0, count * rowBytes));
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
    return turned;
  }

  private synchronized MemorySegment whole(Ordered values) throws IOException {
    MemorySegment known = kept.remove(values);
    MemorySegment whole = known == null ? values.reader.read() : known;
    while (kept.size() >= KEPT) {
      kept.remove(kept.keySet().iterator().next());
    }
    kept.put(values, whole); // the last
    return whole;
  }
}
