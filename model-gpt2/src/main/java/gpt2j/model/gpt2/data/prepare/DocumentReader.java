package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.data.DataException;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/** Reads a file line by line, strictly as UTF-8, and makes documents of it. */
abstract class DocumentReader {
  static final int CHUNK = 1 << 18;

  /** A line that has to be read whole may have so many bytes. */
  private static final int LONGEST = 64 << 20;

  /** The start of a line that began before what is in the buffer. */
  private static final int BEFORE = -1;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final Path file;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);

  private final int chunk;
  private final CRC32C checksum = new CRC32C();
  private byte[] buffer;
  private int begin;
  private int end;
  private int lineStart;
  private long linesGone;
  private long read;

  /**
   * What was in a file.
   *
   * @param checksum CRC-32C of the bytes
   */
  record Content(long bytes, int checksum) {}

  /**
   * A reader.
   *
   * @param chunk how many bytes are read at once, 3 at least
   */
  DocumentReader(Path file, int chunk) {
    this.file = file;
    this.chunk = chunk;
    buffer = new byte[2 * chunk];
  }

  /** A line ends: bytes {@code start} to {@code end} without the line break. */
  abstract void line(int start, int end);

  /** No line has ended for a while. */
  abstract void partOfLine();

  /** The file ends; its last line, if it isn't empty, has gone to {@link #line}. */
  abstract void finish();

  /**
   * Reads the file.
   *
   * @param progress is told how many bytes were read, each time since the last
   * @throws DataException when it can't be read or isn't what it should be
   */
  final Content read(LongConsumer progress) {
    try {
      Io.requireRegularFile(file);
      try (InputStream in = Files.newInputStream(file)) {
        readAll(in, progress);
        return new Content(read, (int) checksum.getValue());
      }
    } catch (TokenizerException e) {
      throw error(lineNumber(begin), "%s", e.getMessage());
    } catch (IOException e) {
      throw new DataException(file + ": " + Io.explain(e), e);
    }
  }

  private void readAll(InputStream in, LongConsumer progress) throws IOException {
    int count;
    do {
      makeRoom();
      count = in.readNBytes(buffer, end, chunk);
      checksum.update(buffer, end, count);
      progress.accept(count);
      int from = end;
      end += count;
      if (read == 0) {
        skipByteOrderMark();
      }
      read += count;
      for (int i = Math.max(from, lineStart); i < end; i++) {
        if (buffer[i] == '\n') {
          int start = lineStart;
          lineStart = i + 1;
          line(start, i);
        }
      }
      if (count == chunk) {
        partOfLine();
      }
    } while (count == chunk);
    if (lineStart < end) {
      int start = lineStart;
      lineStart = end;
      line(start, end);
    }
    finish();
  }

  private void skipByteOrderMark() {
    int mark = BYTE_ORDER_MARK.length;
    if (end >= mark && Arrays.equals(buffer, 0, mark, BYTE_ORDER_MARK, 0, mark)) {
      begin = mark;
      lineStart = mark;
    }
  }

  private void makeRoom() {
    System.arraycopy(buffer, begin, buffer, 0, end - begin);
    end -= begin;
    lineStart = Math.max(lineStart - begin, BEFORE);
    begin = 0;
    if (end > LONGEST) {
      throw error(lineNumber(begin), "is longer than the limit of %d MiB", LONGEST >> 20);
    }
    if (buffer.length - end < chunk) {
      buffer = Arrays.copyOf(buffer, end + Math.max(end, chunk));
    }
  }

  /** What was read, not to be changed. */
  final byte[] buffer() {
    return buffer;
  }

  /** Where in the buffer the bytes begin that aren't used yet. */
  final int begin() {
    return begin;
  }

  /** Where they end. */
  final int end() {
    return end;
  }

  /** Where the line begins that hasn't ended; less than {@link #begin} when part of it is gone. */
  final int lineStart() {
    return lineStart;
  }

  /** Forgets what is before {@code newBegin}. */
  final void forget(int newBegin) {
    linesGone += breaks(begin, newBegin);
    begin = newBegin;
  }

  private long breaks(int from, int to) {
    long breaks = 0;
    for (int i = from; i < to; i++) {
      breaks += buffer[i] == '\n' ? 1 : 0;
    }
    return breaks;
  }

  /** Where the last character ends that is whole, if all is UTF-8. */
  final int endOfWholeCharacters() {
    for (int start = end - 1; start >= Math.max(begin, end - 3); start--) {
      int first = buffer[start] & 0xFF;
      if (first >= 0xC0) {
        int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        return start + length > end ? start : end;
      }
      if (first < 0x80) {
        break;
      }
    }
    return end;
  }

  /** The text of some bytes. */
  final String text(int from, int to) {
    CharBuffer text = CharBuffer.allocate(to - from);
    ByteBuffer input = ByteBuffer.wrap(buffer, from, to - from);
    decoder.reset();
    CoderResult result = decoder.decode(input, text, true);
    if (result.isError()) {
      throw error(lineNumber(input.position()), "is not UTF-8; convert the file first");
    }
    return text.flip().toString();
  }

  /** The number of the line that byte {@code at} is in, from 1. */
  final long lineNumber(int at) {
    return linesGone + breaks(begin, at) + 1;
  }

  final DataException error(long line, String problem, Object... arguments) {
    return new DataException("%s: line %d %s".formatted(file, line, problem.formatted(arguments)));
  }
}
