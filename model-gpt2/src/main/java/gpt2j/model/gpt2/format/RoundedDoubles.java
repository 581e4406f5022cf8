package gpt2j.model.gpt2.format;

import gpt2j.model.gpt2.format.StoredTensor.Values;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The bytes of a tensor of float64 numbers as those of the nearest float32 numbers, ties to even.
 *
 * @param name of the tensor, for messages
 * @param doubles its bytes
 */
public record RoundedDoubles(String name, Values doubles) implements Values {
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long PIECE = 1 << 14; // numbers that are read at a time

  /** Whole numbers only. */
  @Override
  public void read(long position, MemorySegment to) throws IOException {
    long first = position / Float.BYTES;
    long count = to.byteSize() / Float.BYTES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment room = arena.allocate(DOUBLE, Math.min(count, PIECE));
      for (long done = 0; done < count; done += PIECE) {
        long part = Math.min(PIECE, count - done);
        doubles.read((first + done) * Double.BYTES, room.asSlice(0, part * Double.BYTES));
        for (long i = 0; i < part; i++) {
          float value = rounded(room.getAtIndex(DOUBLE, i));
          to.setAtIndex(FLOAT, done + i, value);
        }
      }
    }
  }

  private float rounded(double number) throws IOException {
    float value = (float) number;
    if (Float.isInfinite(value) && !Double.isInfinite(number)) {
      throw new IOException("tensor %s has %s, which float32 can't hold".formatted(name, number));
    }
    return value;
  }
}
