package gpt2j.model.gpt2.data;

import gpt2j.model.gpt2.files.Io;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.zip.CRC32C;

/** Tokens in a file that is mapped into memory. */
final class TokenShard implements TokenSequence {
  /** Small enough for a core's cache, where each part is read twice. */
  private static final long PART = 1 << 18;

  private final Path file;
  private final TokenType type;
  private final MemorySegment content;

  private TokenShard(Path file, TokenType type, MemorySegment content) {
    this.file = file;
    this.type = type;
    this.content = content;
  }

  /**
   * Maps a file.
   *
   * @param arena until when it stays mapped
   * @throws DataException when it can't be read or hasn't a whole number of tokens
   */
  static TokenShard map(Path file, TokenType type, Arena arena) {
    try {
      Io.requireRegularFile(file);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        long size = channel.size();
        if (size % type.bytes() != 0) {
          throw new DataException(
              "%s: has %d bytes, and tokens of %s take %d each: it is cut off, or something else"
                  .formatted(file, size, type.label(), type.bytes()));
        }
        MemorySegment content =
            size == 0
                ? MemorySegment.NULL
                : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
        return new TokenShard(file, type, content);
      }
    } catch (FileSystemException e) {
      throw new DataException(file + ": " + Io.explain(e), e);
    } catch (IOException e) {
      throw new DataException("%s: %s".formatted(file, Io.explain(e)), e);
    }
  }

  /**
   * Reads all tokens once.
   *
   * @return the checksum of the bytes
   * @throws DataException when one is outside the vocabulary
   */
  int check(int vocabularySize) {
    CRC32C checksum = new CRC32C();
    for (long from = 0; from < content.byteSize(); from += PART) {
      MemorySegment part = content.asSlice(from, Math.min(PART, content.byteSize() - from));
      checksum.update(part.asByteBuffer());
      if (!within(part, vocabularySize)) {
        throw outside(from / type.bytes(), vocabularySize);
      }
    }
    return (int) checksum.getValue();
  }

  private boolean within(MemorySegment part, int vocabularySize) {
    long count = part.byteSize() / type.bytes();
    int wrong = 0;
    for (long i = 0; i < count; i++) {
      int token = type.get(part, i);
      // The sign of either says no; a loop without a branch is several times as fast.
      wrong |= token | vocabularySize - 1 - token;
    }
    return wrong >= 0;
  }

  private DataException outside(long from, int vocabularySize) {
    long index = from;
    int token = type.get(content, index);
    while (token >= 0 && token < vocabularySize) {
      index++;
      token = type.get(content, index);
    }
    return new DataException(
        "%s: token %s at index %d is outside the vocabulary, 0 to %d"
            .formatted(file, Integer.toUnsignedString(token), index, vocabularySize - 1));
  }

  @Override
  public long size() {
    return content.byteSize() / type.bytes();
  }

  @Override
  public void read(long start, int[] target, int offset, int length) {
    Objects.checkFromIndexSize(start, length, size());
    Objects.checkFromIndexSize(offset, length, target.length);
    for (int i = 0; i < length; i++) {
      target[offset + i] = type.get(content, start + i);
    }
  }
}
