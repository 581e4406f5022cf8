package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/** Small files, and words for what goes wrong with files. */
public final class Io {
  /** A configuration or an index is some kilobytes long. */
  private static final long MAX_TEXT_BYTES = 16 << 20;

  /** What to say of a checkpoint's directory that isn't there, to follow "DIRECTORY: ". */
  public static final String NO_CHECKPOINT =
      "does not exist; give a directory with config.json and model.safetensors, as huggingface.co"
          + " has them for gpt2; nothing is downloaded by itself yet";

  private Io() {}

  /**
   * The content of a small regular file.
   *
   * @throws IOException whose message is to follow "FILE: "
   */
  public static byte[] readSmall(Path file) throws IOException {
    requireRegularFile(file);
    try {
      long size = Files.size(file);
      if (size > MAX_TEXT_BYTES) {
        throw new IOException("has %d bytes, the limit is %d".formatted(size, MAX_TEXT_BYTES));
      }
      return Files.readAllBytes(file);
    } catch (FileSystemException e) {
      throw new IOException(explain(e), e);
    }
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
