package gpt2j.model.gpt2.tensorflow;

import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FileCursor;
import gpt2j.model.gpt2.format.FormatException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads a table of LevelDB (<a
 * href="https://github.com/google/leveldb/blob/main/doc/table_format.md">its format</a>): blocks of
 * keys and values, in which a key leaves out what it has in common with the one before, and a block
 * that says where they are. All checksums are compared.
 */
final class SortedTable {
  /** The last eight bytes of a file. */
  static final long MAGIC = 0xdb4775248b80fb57L;

  private static final int FOOTER_BYTES = 48;
  private static final int TRAILER_BYTES = 5; // how it is compressed, and a checksum
  private static final int SNAPPY = 1;
  private static final int MOST_BLOCK_BYTES = 64 << 20;
  private static final int LONGEST_KEY = 1 << 12;
  private static final int MOST_KEY_BYTES = 64 << 20; // of all keys, which grow out of little

  private final PositionedFile file;
  private final Map<String, ByteBuffer> entries = new LinkedHashMap<>();
  private long keyBytes;

  private SortedTable(PositionedFile file) {
    this.file = file;
  }

  /**
   * All values by their keys, in the order of the file.
   *
   * @throws FormatException when it is damaged
   */
  static Map<String, ByteBuffer> read(PositionedFile file) throws IOException {
    SortedTable table = new SortedTable(file);
    if (file.size() < FOOTER_BYTES) {
      throw new FormatException("is no checkpoint of TensorFlow: it is too short");
    }
    ByteBuffer footer = table.bytes(file.size() - FOOTER_BYTES, FOOTER_BYTES);
    if (footer.getLong(FOOTER_BYTES - Long.BYTES) != MAGIC) {
      throw new FormatException("is no checkpoint of TensorFlow, or cut off");
    }
    Fields places = new Fields("its footer", footer);
    places.varint(); // a block of what isn't needed here
    places.varint();
    ByteBuffer index = table.block(places.varint(), places.varint());
    Map<String, ByteBuffer> blocks = new LinkedHashMap<>();
    table.read(index, blocks);
    for (ByteBuffer place : blocks.values()) {
      Fields fields = new Fields("the place of a block", place);
      table.read(table.block(fields.varint(), fields.varint()), table.entries);
    }
    return table.entries;
  }

  private ByteBuffer block(long begin, long size) throws IOException {
    String what = "the block at byte " + Long.toUnsignedString(begin);
    if (begin < 0
        || size < Integer.BYTES
        || size > MOST_BLOCK_BYTES
        || size + TRAILER_BYTES > file.size()
        || begin > file.size() - size - TRAILER_BYTES) {
      throw new FormatException(
          "is damaged: %s would have %s bytes, but the file ends at %d"
              .formatted(what, Long.toUnsignedString(size), file.size()));
    }
    ByteBuffer stored = bytes(begin, (int) size + TRAILER_BYTES);
    Checksum sum = new Checksum();
    sum.add(stored.slice(0, (int) size + 1));
    if (sum.masked() != stored.getInt((int) size + 1)) {
      throw new FormatException("is damaged: the checksum of %s is another".formatted(what));
    }
    ByteBuffer content = stored.slice(0, (int) size);
    return switch (stored.get((int) size)) {
      case 0 -> content;
      case SNAPPY -> ByteBuffer.wrap(Snappy.unpack(what, content));
      default ->
          throw new FormatException("%s is compressed in a way that is not read".formatted(what));
    };
  }

  /** Entries, then where keys are whole, which doesn't matter to one who reads all. */
  private void read(ByteBuffer block, Map<String, ByteBuffer> to) {
    String what = "a block of keys";
    ByteBuffer content = block.slice().order(ByteOrder.LITTLE_ENDIAN);
    long restarts =
        content.capacity() < Integer.BYTES
            ? -1
            : content.getInt(content.capacity() - Integer.BYTES) & 0xFFFF_FFFFL;
    long end = content.capacity() - Integer.BYTES * (restarts + 1);
    if (restarts < 0 || end < 0) {
      throw new Fields(what, content).damaged();
    }
    Fields fields = new Fields(what, content.slice(0, (int) end));
    byte[] key = {};
    while (fields.hasNext()) {
      long shared = fields.varint();
      long own = fields.varint();
      long valueBytes = fields.varint();
      if (shared < 0 || shared > key.length || own < 0 || own > LONGEST_KEY - shared) {
        throw fields.damaged();
      }
      byte[] next = Arrays.copyOf(key, (int) (shared + own));
      fields.bytes(own).get(next, (int) shared, (int) own);
      key = next;
      keyBytes += key.length;
      ByteBuffer value = fields.bytes(valueBytes);
      String name = FileCursor.utf8(key, "a key");
      if (keyBytes > MOST_KEY_BYTES || to.put(name, value) != null) {
        throw fields.damaged();
      }
    }
  }

  private ByteBuffer bytes(long begin, int count) throws IOException {
    byte[] bytes = new byte[count];
    file.read(begin, MemorySegment.ofArray(bytes));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
