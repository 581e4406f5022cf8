package gpt2j.model.gpt2.tensorflow;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC-32C as LevelDB stores it: turned and shifted, so that sums of sums differ (util/crc32c.h).
 */
final class Checksum {
  private static final int DELTA = 0xa282ead8;
  private static final int TURN = 17; // to the left

  private final CRC32C sum = new CRC32C();

  void add(ByteBuffer bytes) {
    sum.update(bytes);
  }

  int masked() {
    return Integer.rotateLeft((int) sum.getValue(), TURN) + DELTA;
  }
}
