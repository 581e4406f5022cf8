package gpt2j.model.gpt2.tensorflow;

import gpt2j.model.gpt2.format.StoredTensor.Values;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A tensor's bytes, whose checksum is compared when they are read for the first time. */
final class CheckedValues implements Values {
  private static final int PIECE = 1 << 20; // bytes that are added up at a time

  private final String name;
  private final Values values;
  private final long bytes;
  private final int checksum;
  private boolean checked; // guarded by this

  CheckedValues(String name, Values values, long bytes, int checksum) {
    this.name = name;
    this.values = values;
    this.bytes = bytes;
    this.checksum = checksum;
  }

  @Override
  public void read(long from, MemorySegment to) throws IOException {
    check();
    values.read(from, to);
  }

  private synchronized void check() throws IOException {
    if (checked) {
      return;
    }
    Checksum sum = new Checksum();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment room = arena.allocate(Math.max(1, Math.min(PIECE, bytes)));
      for (long done = 0; done < bytes; done += PIECE) {
        MemorySegment piece = room.asSlice(0, Math.min(PIECE, bytes - done));
        values.read(done, piece);
        sum.add(piece.asByteBuffer());
      }
    }
    if (sum.masked() != checksum) {
      throw new IOException("is damaged: the checksum of tensor %s is another".formatted(name));
    }
    checked = true;
  }
}
