package gpt2j.cli.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads texts in UTF-8, strictly, from beginning to end; a byte order mark isn't part of it. */
public final class TextFile {
  public static final String STANDARD_INPUT = "standard input";

  /** Far longer than any context, and short enough for every heap. */
  private static final int MOST_BYTES = 64 << 20;

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /** What Linux says of a descriptor that can't be read; the launcher makes one of a closed one. */
  private static final String NOT_READABLE = "Bad file descriptor";

  private TextFile() {}

  /** The text of a file that an option names. */
  public static String read(String option, Path file) {
    String label = option + " " + file;
    if (Files.isDirectory(file)) {
      throw UserError.failure(label + ": is a directory; give a file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return read(label, in);
    } catch (NoSuchFileException e) {
      throw UserError.failure(label + ": does not exist");
    } catch (AccessDeniedException e) {
      throw UserError.failure(label + ": permission denied");
    } catch (FileSystemException e) {
      throw UserError.failure(label + ": can't be read: " + e.getReason());
    } catch (IOException e) {
      throw UserError.failure(label + ": can't be read: " + e.getMessage());
    }
  }

  /** The text of standard input. */
  public static String read(InputStream standardInput) {
    try {
      return read(STANDARD_INPUT, standardInput);
    } catch (IOException e) {
      throw UserError.failure(
          STANDARD_INPUT
              + (NOT_READABLE.equals(e.getMessage())
                  ? ": is closed"
                  : ": can't be read: " + e.getMessage()));
    }
  }

  private static String read(String label, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) {
      throw UserError.failure(
          "%s: is longer than the limit of %d MiB".formatted(label, MOST_BYTES >> 20));
    }
    ByteBuffer input = ByteBuffer.wrap(bytes);
    CharBuffer text = CharBuffer.allocate(bytes.length);
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .decode(input, text, true);
    if (result.isError()) {
      throw UserError.failure(
          "%s: is not UTF-8, from byte %d on; convert it first".formatted(label, input.position()));
    }
    text.flip();
    if (!text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
      text.get();
    }
    return text.toString();
  }
}
