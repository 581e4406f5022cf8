package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.format.StoredTensor.Values;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Numbers that a big-endian machine wrote, with their bytes the other way round.
 *
 * @param bytes of each: 1, 2, 4, 8 or 16; whole numbers are read only
 */
record SwappedValues(Values values, int bytes) implements Values {
  @Override
  public void read(long from, MemorySegment to) throws IOException {
    values.read(from, to);
    for (long at = 0; at < to.byteSize(); at += bytes) {
      for (int i = 0; i < bytes / 2; i++) {
        byte first = to.get(ValueLayout.JAVA_BYTE, at + i);
        to.set(ValueLayout.JAVA_BYTE, at + i, to.get(ValueLayout.JAVA_BYTE, at + bytes - 1 - i));
        to.set(ValueLayout.JAVA_BYTE, at + bytes - 1 - i, first);
      }
    }
  }
}
