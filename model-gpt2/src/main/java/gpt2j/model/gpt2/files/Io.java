package gpt2j.model.gpt2.files;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/** Small files, and words for what goes wrong with files. */
public final class Io {
  /** A configuration or an index is some kilobytes long. */
  private static final int MOST_SMALL_BYTES = 16 << 20;

  /** How a file begins that git keeps elsewhere, and that wasn't fetched from there. */
  private static final byte[] LFS_POINTER = "version https://git-lfs".getBytes(US_ASCII);

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  /** What to say of a checkpoint's directory that isn't there, to follow "DIRECTORY: ". */
  public static final String NO_CHECKPOINT =
      "does not exist; give a directory with config.json and model.safetensors, or the name of a"
          + " model of huggingface.co, such as openai-community/gpt2";

  private Io() {}

  /**
   * The content of a small regular file, as {@link #readText}.
   *
   * @throws IOException whose message is to follow "FILE: "
   */
  public static byte[] readSmall(Path file) throws IOException {
    return readText(file, MOST_SMALL_BYTES);
  }

  /**
   * The content of a regular file of text, without the byte order mark that some editors put before
   * it. Nothing is read of what isn't a file, or no further than the limit.
   *
   * @param limit the most bytes it may have
   * @throws IOException whose message is to follow "FILE: "
   */
  public static byte[] readText(Path file, int limit) throws IOException {
    // Before it is opened, which for a pipe waits for the other end.
    requireRegularFile(file);
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(limit + 1);
    } catch (FileSystemException e) {
      throw new IOException(explain(e), e);
    }
    if (content.length > limit) {
      throw new IOException("has more than %d MiB, the limit".formatted(limit >> 20));
    }
    if (startsWith(content, LFS_POINTER)) {
      throw new IOException(
          "is a Git LFS pointer to the file, not the file: fetch it with git lfs pull");
    }
    return startsWith(content, BYTE_ORDER_MARK)
        ? Arrays.copyOfRange(content, BYTE_ORDER_MARK.length, content.length)
        : content;
  }

  private static boolean startsWith(byte[] content, byte[] start) {
    return Arrays.mismatch(content, start) == start.length || Arrays.equals(content, start);
  }

  /**
   * Returns when there is such a file.
   *
   * @throws IOException whose message is to follow "FILE: "
   */
  public static void requireRegularFile(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(
          Files.isSymbolicLink(file)
              ? "is a link to a file that does not exist"
              : "does not exist");
    }
    if (!Files.isRegularFile(file)) {
      throw new IOException(Files.isDirectory(file) ? "is a directory" : "is not a regular file");
    }
  }

  /** That something can't be written, and why, to follow "FILE: ". */
  public static String unwritable(IOException e) {
    return "can't be written: " + explainWriting(e);
  }

  private static String explainWriting(IOException e) {
    if (!(e instanceof NoSuchFileException missing) || missing.getFile() == null) {
      return explain(e);
    }
    Path folder = Path.of(missing.getFile()).toAbsolutePath().getParent();
    return Files.exists(folder)
        ? "nothing can be made in " + folder
        : "the folder " + folder + " does not exist";
  }

  /** What happened, to follow "FILE: ". */
  public static String explain(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "does not exist";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "is there already";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      default -> Objects.requireNonNullElse(e.getMessage(), e.toString());
    };
  }
}
