package gpt2j.model.gpt2.checkpoint;

import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.gguf.GgufFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Tells by its content what kind of model a file holds. */
final class ModelFiles {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final byte[] LFS_POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);
  private static final int START = 32; // bytes that tell

  /** Files that hold a model when a folder has no config.json. */
  private static final List<String> ALONE = List.of();

  /** A kind of file. */
  private enum Kind {
    GGUF,
    SAFETENSORS,
    LFS,
    UNKNOWN
  }

  private ModelFiles() {}

  /** The file in a folder without config.json that is a whole model. */
  static Optional<Path> alone(Path directory) {
    return Files.exists(directory.resolve(ConfigReader.FILE))
        ? Optional.empty()
        : ALONE.stream().map(directory::resolve).filter(Files::isRegularFile).findFirst();
  }

  /**
   * Whether a file is one of safetensors, which hold weights and need a config.json beside them.
   *
   * @throws IOException when it can't be read
   */
  static boolean isSafetensors(Path file) throws IOException {
    return kind(file) == Kind.SAFETENSORS;
  }

  /**
   * Opens a file that holds a whole model.
   *
   * @throws FormatException when it isn't one
   * @throws IOException when it can't be read
   */
  static ModelFile open(Path file) throws IOException {
    return switch (kind(file)) {
      case GGUF -> GgufFile.open(file);
      case SAFETENSORS -> throw new IllegalArgumentException(file + " has weights only");
      case LFS ->
          throw new FormatException(
              "is a Git LFS pointer to the file, not the file: fetch it with git lfs pull");
      case UNKNOWN ->
          throw new FormatException(
              "is no model that can be read; give a folder with config.json and model.safetensors,"
                  + " or a file: .safetensors, .gguf");
    };
  }

  private static Kind kind(Path path) throws IOException {
    byte[] start;
    try (PositionedFile file = PositionedFile.open(path)) {
      start = new byte[(int) Math.min(START, file.size())];
      file.read(0, MemorySegment.ofArray(start));
    }
    return kind(start);
  }

  private static Kind kind(byte... start) {
    if (Arrays.mismatch(start, LFS_POINTER) == LFS_POINTER.length) {
      return Kind.LFS;
    }
    if (start.length < Long.BYTES + 1) {
      return Kind.UNKNOWN;
    }
    MemorySegment bytes = MemorySegment.ofArray(start);
    int first = bytes.get(INT, 0);
    if (first == GgufFile.MAGIC) {
      return Kind.GGUF;
    }
    // Eight bytes of a header's length, at most 100 MB, then the header.
    return bytes.get(INT, Integer.BYTES) == 0 && start[Long.BYTES] == '{'
        ? Kind.SAFETENSORS
        : Kind.UNKNOWN;
  }
}
