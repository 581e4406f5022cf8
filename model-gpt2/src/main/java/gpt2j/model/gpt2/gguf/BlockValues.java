package gpt2j.model.gpt2.gguf;

import gpt2j.model.gpt2.format.StoredTensor.Values;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The bytes of a quantised tensor as those of float32 numbers.
 *
 * @param blocks where its blocks are
 */
record BlockValues(Values blocks, GgmlType type, BlockDecoder decoder) implements Values {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PIECE = 1 << 14; // numbers that are decoded at a time

  @Override
  public void read(long from, MemorySegment to) throws IOException {
    long count = to.byteSize() / Float.BYTES;
    int size = type.blockSize();
    long first = from / Float.BYTES;
    float[] values = new float[PIECE];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment room = arena.allocate((long) PIECE / size * type.blockBytes());
      for (long done = 0; done < count; ) {
        long block = (first + done) / size;
        int skipped = (int) ((first + done) % size);
        int numbers = (int) Math.min(PIECE, skipped + count - done);
        int some = Math.ceilDiv(numbers, size);
        MemorySegment data = room.asSlice(0, (long) some * type.blockBytes());
        blocks.read(block * type.blockBytes(), data);
        for (int i = 0; i < some; i++) {
          decoder.decode(data, (long) i * type.blockBytes(), values, i * size);
        }
        int part = numbers - skipped;
        MemorySegment.copy(values, skipped, to, FLOAT, done * Float.BYTES, part);
        done += part;
      }
    }
  }
}
