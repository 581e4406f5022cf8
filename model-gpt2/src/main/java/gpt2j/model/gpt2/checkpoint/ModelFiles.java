package gpt2j.model.gpt2.checkpoint;

import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.WeightFile;
import gpt2j.model.gpt2.gguf.GgufFile;
import gpt2j.model.gpt2.llmc.LlmcFile;
import gpt2j.model.gpt2.safetensors.SafetensorsException;
import gpt2j.model.gpt2.safetensors.SafetensorsFile;
import gpt2j.model.gpt2.tensorflow.TensorflowFile;
import gpt2j.model.gpt2.torch.TorchModel;
import gpt2j.model.gpt2.torch.TorchWeights;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells by its content what kind of model a file holds. */
final class ModelFiles {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final byte[] LFS_POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  /** The pickle of a long number, which began a file before there were archives. */
  private static final byte[] OLD_TORCH = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa85019");

  private static final int START = 32; // bytes that tell

  /** Files that hold a model when a folder has no config.json: nanoGPT's and OpenAI's. */
  private static final List<String> ALONE = List.of("ckpt.pt", TensorflowFile.INDEX);

  /** A kind of file. */
  private enum Kind {
    GGUF,
    SAFETENSORS,
    TORCH,
    LLMC,
    TENSORFLOW,
    OLD_TORCH,
    LFS,
    UNKNOWN
  }

  private ModelFiles() {}

  /** The file in a folder without config.json that is a whole model. */
  static Optional<Path> alone(Path directory) {
    return hasConfig(directory)
        ? Optional.empty()
        : ALONE.stream().map(directory::resolve).filter(Files::isRegularFile).findFirst();
  }

  /** Whether there is a configuration in a directory. */
  static boolean hasConfig(@Nullable Path directory) {
    return directory != null && Files.exists(directory.resolve(ConfigReader.FILE));
  }

  /**
   * Opens a file.
   *
   * @return a {@link ModelFile} where it needs no config.json beside it
   * @throws FormatException when it isn't one
   * @throws SafetensorsException as well
   * @throws IOException when it can't be read
   */
  static WeightFile open(Path path) throws IOException {
    return switch (kind(path)) {
      case GGUF -> GgufFile.open(path);
      case SAFETENSORS -> SafetensorsFile.open(path, "its header");
      case TORCH -> {
        TorchWeights weights = TorchWeights.open(path);
        boolean isWhole = weights.hasSettings() || !hasConfig(path.toAbsolutePath().getParent());
        yield isWhole ? new TorchModel(weights) : weights;
      }
      case LLMC -> LlmcFile.open(path);
      case TENSORFLOW -> TensorflowFile.open(path);
      case OLD_TORCH ->
          throw new FormatException(
              "was written by PyTorch before 1.6, which is not read: load it there and save it anew"
                  + " with torch.save");
      case LFS ->
          throw new FormatException(
              "is a Git LFS pointer to the file, not the file: fetch it with git lfs pull");
      case UNKNOWN ->
          throw new FormatException(
              "is no model that can be read; give a folder with config.json and model.safetensors,"
                  + " or a file: .safetensors, .gguf, ckpt.pt, llm.c's .bin, OpenAI's"
                  + " model.ckpt.index");
    };
  }

  private static Kind kind(Path path) throws IOException {
    byte[] start;
    try (PositionedFile file = PositionedFile.open(path)) {
      start = new byte[(int) Math.min(START, file.size())];
      file.read(0, MemorySegment.ofArray(start));
      Kind kind = kind(start);
      return kind == Kind.UNKNOWN && isTable(file) ? Kind.TENSORFLOW : kind;
    }
  }

  /** Whether it ends as tables of TensorFlow do; they begin with anything. */
  private static boolean isTable(PositionedFile file) throws IOException {
    if (file.size() < Long.BYTES) {
      return false;
    }
    byte[] end = new byte[Long.BYTES];
    file.read(file.size() - end.length, MemorySegment.ofArray(end));
    return ByteBuffer.wrap(end).order(ByteOrder.LITTLE_ENDIAN).getLong() == TensorflowFile.MAGIC;
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
    if (Arrays.mismatch(start, OLD_TORCH) == OLD_TORCH.length) {
      return Kind.OLD_TORCH;
    }
    // Eight bytes of a header's length, at most 100 MB, then the header.
    boolean isHeader = bytes.get(INT, Integer.BYTES) == 0 && start[Long.BYTES] == '{';
    return switch (first) {
      case GgufFile.MAGIC -> Kind.GGUF;
      case TorchWeights.MAGIC -> Kind.TORCH;
      case LlmcFile.MAGIC -> Kind.LLMC;
      default -> isHeader ? Kind.SAFETENSORS : Kind.UNKNOWN;
    };
  }
}
