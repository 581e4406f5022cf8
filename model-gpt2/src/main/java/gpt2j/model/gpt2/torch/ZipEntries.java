package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the entries of a zip archive lie that are stored as they are, as PyTorch stores them. See
 * <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">the format</a>, sections
 * 4.3 and, for archives above 4 GiB, 4.5.3.
 */
final class ZipEntries {
  static final int LOCAL = 0x04034b50;

  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_BYTES = 46;
  private static final int END_BYTES = 22;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int LONGEST_COMMENT = 0xFFFF;
  private static final int SIZES_64 = 1; // an extra field
  private static final long UNSET = 0xFFFF_FFFFL;
  private static final int MOST_DIRECTORY_BYTES = 64 << 20;

  /**
   * An entry.
   *
   * @param begin its first byte in the file
   */
  record Entry(long begin, long bytes) {}

  private final PositionedFile file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long endPosition; // of the end of the directory, whose place is counted from there

  /**
   * Reads the archive's directory.
   *
   * @throws FormatException when it is none, or has entries that are compressed
   */
  ZipEntries(PositionedFile file) throws IOException {
    this.file = file;
    if (file.size() < END_BYTES || bytes("its beginning", 0, Integer.BYTES).getInt() != LOCAL) {
      throw new FormatException("is no archive of torch.save, as PyTorch writes them since 1.6");
    }
    ByteBuffer end = end();
    long count = end.getShort(10) & 0xFFFFL;
    long bytes = end.getInt(12) & UNSET;
    long begin = end.getInt(16) & UNSET;
    if (count == 0xFFFF || bytes == UNSET || begin == UNSET) {
      ByteBuffer end64 = end64();
      count = end64.getLong(32);
      bytes = end64.getLong(40);
      begin = end64.getLong(48);
    }
    if (bytes < 0 || bytes > MOST_DIRECTORY_BYTES) {
      throw new FormatException(
          "is damaged: its directory would have %s bytes".formatted(Long.toUnsignedString(bytes)));
    }
    read(bytes("its directory", begin, bytes), count);
  }

  /** By their names, in the order of the directory. */
  Map<String, Entry> entries() {
    return entries;
  }

  /** The whole content of an entry. */
  byte[] content(Entry entry) throws IOException {
    return bytes("an entry", entry.begin(), entry.bytes()).array();
  }

  private ByteBuffer end() throws IOException {
    long size = Math.min(file.size(), END_BYTES + LONGEST_COMMENT);
    ByteBuffer tail = bytes("its end", file.size() - size, size);
    int endAt = tail.capacity() - END_BYTES;
    while (endAt >= 0
        && (tail.getInt(endAt) != END
            || endAt + END_BYTES + (tail.getShort(endAt + 20) & 0xFFFF) != tail.capacity())) {
      endAt--;
    }
    if (endAt < 0) {
      throw new FormatException("is cut off or damaged: the archive's directory is missing");
    }
    ByteBuffer end = tail.slice(endAt, END_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    endPosition = file.size() - size + endAt;
    return end;
  }

  private ByteBuffer end64() throws IOException {
    ByteBuffer locator =
        bytes("the place of its directory", endPosition - LOCATOR_64_BYTES, LOCATOR_64_BYTES);
    ByteBuffer end = null;
    if (locator.getInt(0) == LOCATOR_64) {
      end = bytes("the end of its directory", locator.getLong(8), END_64_BYTES);
    }
    if (end == null || end.getInt(0) != END_64) {
      throw new FormatException("is damaged: the archive's directory of 64 bits is missing");
    }
    return end;
  }

  private void read(ByteBuffer directory, long count) throws IOException {
    int at = 0;
    for (long i = 0; i < count; i++) {
      if (directory.capacity() - at < CENTRAL_BYTES || directory.getInt(at) != CENTRAL) {
        throw damaged("the directory ends at entry " + i);
      }
      int nameBytes = directory.getShort(at + 28) & 0xFFFF;
      int extraBytes = directory.getShort(at + 30) & 0xFFFF;
      int commentBytes = directory.getShort(at + 32) & 0xFFFF;
      int next = at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes;
      if (next > directory.capacity()) {
        throw damaged("the directory ends within entry " + i);
      }
      String name =
          new String(directory.array(), at + CENTRAL_BYTES, nameBytes, StandardCharsets.UTF_8);
      ByteBuffer extra =
          directory
              .slice(at + CENTRAL_BYTES + nameBytes, extraBytes)
              .order(ByteOrder.LITTLE_ENDIAN);
      Entry entry = entry(name, directory, at, extra);
      if (entries.put(name, entry) != null) {
        throw damaged("it has the entry %s twice".formatted(Json.printable(name)));
      }
      at = next;
    }
  }

  private Entry entry(String name, ByteBuffer directory, int at, ByteBuffer extra)
      throws IOException {
    String what = "entry " + Json.printable(name);
    if ((directory.getShort(at + 8) & 1) != 0 || directory.getShort(at + 10) != 0) {
      throw new FormatException(
          "%s is compressed or encrypted, which PyTorch never does; save it anew with torch.save"
              .formatted(what));
    }
    long stored = directory.getInt(at + 20) & UNSET;
    long bytes = directory.getInt(at + 24) & UNSET;
    long local = directory.getInt(at + 42) & UNSET;
    Wide wide = new Wide(what, extra);
    bytes = wide.value(bytes);
    stored = wide.value(stored);
    local = wide.value(local);
    if (stored != bytes) {
      throw damaged("%s has two sizes".formatted(what));
    }
    ByteBuffer header = bytes(what, local, LOCAL_BYTES);
    if (header.getInt(0) != LOCAL) {
      throw damaged("%s is not where the directory says".formatted(what));
    }
    long begin =
        local + LOCAL_BYTES + (header.getShort(26) & 0xFFFF) + (header.getShort(28) & 0xFFFF);
    if (begin > file.size() || bytes < 0 || bytes > file.size() - begin) {
      throw new FormatException(
          "is cut off or damaged: %s would have %s bytes at %d, but the file ends at %d"
              .formatted(what, Long.toUnsignedString(bytes), begin, file.size()));
    }
    return new Entry(begin, bytes);
  }

  /** Numbers of 64 bits, in an extra field, for those that are unset, in their order. */
  private static final class Wide {
    private final String what;
    private final ByteBuffer values;

    Wide(String what, ByteBuffer extra) {
      this.what = what;
      int at = 0;
      int found = -1;
      while (found < 0 && extra.capacity() - at >= 4) {
        int bytes = extra.getShort(at + 2) & 0xFFFF;
        if (extra.getShort(at) == SIZES_64 && bytes <= extra.capacity() - at - 4) {
          found = bytes;
        } else {
          at += 4 + bytes;
        }
      }
      values =
          found < 0
              ? ByteBuffer.allocate(0)
              : extra.slice(at + 4, found).order(ByteOrder.LITTLE_ENDIAN);
    }

    long value(long narrow) {
      if (narrow != UNSET) {
        return narrow;
      }
      if (values.remaining() < Long.BYTES) {
        throw damaged("%s has no size of 64 bits".formatted(what));
      }
      return values.getLong();
    }
  }

  private ByteBuffer bytes(String what, long begin, long count) throws IOException {
    if (begin < 0 || count < 0 || count > file.size() || begin > file.size() - count) {
      throw new FormatException(
          "is cut off or damaged: %s would have %d bytes at %s, but the file ends at %d"
              .formatted(what, count, Long.toUnsignedString(begin), file.size()));
    }
    byte[] bytes = new byte[Math.toIntExact(count)];
    file.read(begin, MemorySegment.ofArray(bytes));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static FormatException damaged(String problem) {
    return new FormatException("is damaged: " + problem);
  }
}
