package gpt2j.model.gpt2.data;

import gpt2j.api.Words;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.PositionedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.CRC32C;

/** Tokens in a file, which are read when they are needed. */
public final class TokenShard implements TokenSequence, AutoCloseable {
  /** Small enough for a core's cache, where each part is read twice. */
  private static final long PART = 1 << 18;

  private final Path path;
  private final TokenType type;
  private final int vocabularySize;
  private final PositionedFile file;

  private TokenShard(Path path, TokenType type, int vocabularySize, PositionedFile file) {
    this.path = path;
    this.type = type;
    this.vocabularySize = vocabularySize;
    this.file = file;
  }

  /**
   * Opens a file.
   *
   * @throws DataException when it can't be read or hasn't a whole number of tokens
   */
  public static TokenShard open(Path path, TokenType type, int vocabularySize) {
    try {
      PositionedFile file = PositionedFile.open(path);
      long size = file.size();
      if (size % type.bytes() != 0) {
        file.close();
        throw new DataException(
            "%s: has %s, and tokens of %s take %d each: it is cut off, or something else"
                .formatted(path, Words.count(size, "byte"), type.label(), type.bytes()));
      }
      return new TokenShard(path, type, vocabularySize, file);
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private static DataException unreadable(Path path, IOException e) {
    return new DataException("%s: %s".formatted(path, Io.explain(e)), e);
  }

  /**
   * Reads all tokens once.
   *
   * @return the checksum of the bytes
   * @throws DataException when one is outside the vocabulary
   */
  int check() {
    CRC32C checksum = new CRC32C();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment room = arena.allocate(Math.min(PART, Math.max(1, file.size())), Long.BYTES);
      for (long from = 0; from < file.size(); from += PART) {
        MemorySegment part = room.asSlice(0, Math.min(PART, file.size() - from));
        file.read(from, part);
        checksum.update(part.asByteBuffer());
        if (!within(part)) {
          throw outside(part, from / type.bytes());
        }
      }
      file.requireUnchanged();
    } catch (IOException e) {
      throw unreadable(path, e);
    }
    return (int) checksum.getValue();
  }

  private boolean within(MemorySegment part) {
    long count = part.byteSize() / type.bytes();
    int wrong = 0;
    for (long i = 0; i < count; i++) {
      int token = type.get(part, i);
      // The sign of either says no; a loop without a branch is several times as fast.
      wrong |= token | vocabularySize - 1 - token;
    }
    return wrong >= 0;
  }

  /** Names the first one. */
  private DataException outside(MemorySegment part, long from) {
    long index = 0;
    int token = type.get(part, index);
    while (token >= 0 && token < vocabularySize) {
      index++;
      token = type.get(part, index);
    }
    return new DataException(
        "%s: token %s at index %d is outside the vocabulary, 0 to %d"
            .formatted(path, Integer.toUnsignedString(token), from + index, vocabularySize - 1));
  }

  @Override
  public long size() {
    return file.size() / type.bytes();
  }

  @Override
  public void read(long start, int[] target, int offset, int length) {
    Objects.checkFromIndexSize(start, length, size());
    Objects.checkFromIndexSize(offset, length, target.length);
    long bytes = (long) length * type.bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment part = arena.allocate(bytes, Long.BYTES);
      file.read(start * type.bytes(), part);
      if (!within(part)) {
        throw outside(part, start); // written to since it was checked
      }
      for (int i = 0; i < length; i++) {
        target[offset + i] = type.get(part, i);
      }
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
