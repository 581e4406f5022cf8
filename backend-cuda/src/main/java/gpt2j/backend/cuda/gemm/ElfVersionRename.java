package gpt2j.backend.cuda.gemm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Makes a native library ask for another version of a library that it needs. A needed library is
 * written down twice: by its file's name, and as the version of the symbols taken from it, which
 * has the same name here and is looked up by a hash (Linux Standard Base, "Symbol Versioning").
 * Both are replaced by names of the same length, so nothing moves.
 */
final class ElfVersionRename {
  // Offsets in the header and in section headers of a 64-bit ELF file.
  private static final int SECTIONS_OFFSET = 40;
  private static final int SECTION_SIZE = 58;
  private static final int SECTION_COUNT = 60;
  private static final int TYPE = 4;
  private static final int FILE_OFFSET = 24;
  private static final int INFO = 44;
  private static final int VERSIONS_NEEDED = 0x6ffffffe; // SHT_GNU_verneed

  private ElfVersionRename() {}

  /**
   * A copy of a library that needs {@code to} where it needed {@code from}.
   *
   * @throws IllegalArgumentException when it doesn't need {@code from}
   */
  static byte[] of(byte[] library, String from, String to) {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException(from + " and " + to + " differ in length");
    }
    byte[] copy = library.clone();
    if (!replaceNames(copy, from, to) || !replaceHashes(copy, hash(from), hash(to))) {
      throw new IllegalArgumentException("the library doesn't need " + from);
    }
    return copy;
  }

  private static boolean replaceNames(byte[] file, String from, String to) {
    byte[] before = (from + '\0').getBytes(StandardCharsets.US_ASCII);
    byte[] after = (to + '\0').getBytes(StandardCharsets.US_ASCII);
    boolean found = false;
    for (int at = 0; at + before.length <= file.length; at++) {
      if (file[at] == before[0]
          && Arrays.equals(file, at, at + before.length, before, 0, before.length)) {
        System.arraycopy(after, 0, file, at, after.length);
        found = true;
      }
    }
    return found;
  }

  /** Walks through the list of needed libraries and, for each, that of its versions. */
  private static boolean replaceHashes(byte[] file, int from, int to) {
    ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    boolean found = false;
    for (int i = 0; i < elf.getShort(SECTION_COUNT); i++) {
      int section = (int) elf.getLong(SECTIONS_OFFSET) + i * elf.getShort(SECTION_SIZE);
      if (elf.getInt(section + TYPE) != VERSIONS_NEEDED) {
        continue;
      }
      int needed = (int) elf.getLong(section + FILE_OFFSET);
      for (int left = elf.getInt(section + INFO); left > 0; left--) {
        int version = needed + elf.getInt(needed + 8); // vn_aux
        for (int versions = elf.getShort(needed + 2); versions > 0; versions--) { // vn_cnt
          if (elf.getInt(version) == from) { // vna_hash
            elf.putInt(version, to);
            found = true;
          }
          version += elf.getInt(version + 12); // vna_next
        }
        needed += elf.getInt(needed + 12); // vn_next
      }
    }
    return found;
  }

  /** The hash of a name (System V ABI, "Hash Table"). */
  static int hash(String name) {
    int hash = 0;
    for (byte letter : name.getBytes(StandardCharsets.US_ASCII)) {
      hash = (hash << 4) + letter;
      int high = hash & 0xf0000000;
      hash ^= high >>> 24;
      hash &= ~high;
    }
    return hash;
  }
}
