package gpt2j.model.gpt2.gguf;

import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FileCursor;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The header of a GGUF file: four letters, a version, how many tensors and values there are, the
 * values, and each tensor's name, sizes, type and place in the bytes that follow. See <a
 * href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>.
 *
 * <p>As strict as a safetensors header: every tensor is as long as its sizes and type make it, and
 * the tensors fill the file without overlap or gap, save for what alignment asks for.
 *
 * @param tensors in the order of the file
 * @param dataOffset where their bytes begin
 */
record GgufHeader(int version, GgufMetadata metadata, List<GgufTensor> tensors, long dataOffset) {
  /** The four letters, as a little-endian number. */
  static final int MAGIC = 0x46554747;

  static final String ALIGNMENT = "general.alignment";
  static final int USUAL_ALIGNMENT = 32;

  private static final int LARGEST_ALIGNMENT = 1 << 16;
  private static final int LONGEST_KEY = 65_535; // the format's own limit
  private static final int LONGEST_NAME = 64; // ggml's
  private static final int MOST_AXES = 4; // ggml's
  private static final long LEAST_VALUE_BYTES = 8 + 4 + 1;
  private static final long LEAST_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;

  /**
   * Reads and checks the header.
   *
   * @throws FormatException when anything is wrong
   */
  static GgufHeader parse(PositionedFile file) throws IOException {
    FileCursor in = new FileCursor(file);
    if (in.intNumber("GGUF's mark") != MAGIC) {
      throw new FormatException("is no GGUF file");
    }
    int version = in.intNumber("the version");
    if (version != 2 && version != 3) {
      throw new FormatException(
          Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3
              ? "is a big-endian GGUF file, which is not read; convert it to little-endian"
              : "is GGUF version %s, only 2 and 3 are read"
                  .formatted(Integer.toUnsignedString(version)));
    }
    long tensorCount = in.count(LEAST_TENSOR_BYTES, "the number of tensors");
    long valueCount = in.count(LEAST_VALUE_BYTES, "the number of values");
    GgufMetadata metadata = values(in, valueCount);
    int alignment = alignment(metadata);
    List<GgufTensor> tensors = tensors(in, tensorCount);
    long data = aligned(in.position(), alignment);
    // Of several parts the first may describe the model and hold nothing of it.
    if (tensors.isEmpty() && GgufParts.count(metadata) == 1) {
      throw new FormatException("has no tensors");
    }
    if (!tensors.isEmpty() && data > file.size()) {
      throw new FormatException("is cut off: no tensors follow its header");
    }
    checkPlaces(tensors, file.size() - data, alignment);
    return new GgufHeader(version, metadata, List.copyOf(tensors), data);
  }

  private static GgufMetadata values(FileCursor in, long count) throws IOException {
    Map<String, GgufValue> values = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      String key = text(in, LONGEST_KEY, "the name of value " + i);
      GgufValue value = new GgufValueReader(in, key).read();
      if (values.put(key, value) != null) {
        throw new FormatException("has %s twice".formatted(Json.printable(key)));
      }
    }
    return new GgufMetadata(values);
  }

  private static String text(FileCursor in, int longest, String what) throws IOException {
    long length = in.longNumber(what);
    if (length < 1 || length > longest) {
      throw new FormatException(
          "is damaged: %s has %s bytes, not 1 to %d"
              .formatted(what, Long.toUnsignedString(length), longest));
    }
    return in.text(length, what);
  }

  private static int alignment(GgufMetadata metadata) {
    int alignment = metadata.size(ALIGNMENT).orElse(USUAL_ALIGNMENT);
    if (Integer.bitCount(alignment) != 1 || alignment > LARGEST_ALIGNMENT) {
      throw new FormatException(
          "%s must be a power of two up to %d, not %d"
              .formatted(ALIGNMENT, LARGEST_ALIGNMENT, alignment));
    }
    return alignment;
  }

  private static List<GgufTensor> tensors(FileCursor in, long count) throws IOException {
    List<GgufTensor> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < count; i++) {
      String name = text(in, LONGEST_NAME, "the name of tensor " + i);
      if (!names.add(name)) {
        throw new FormatException("has tensor %s twice".formatted(Json.printable(name)));
      }
      tensors.add(tensor(in, name));
    }
    return tensors;
  }

  private static GgufTensor tensor(FileCursor in, String name) throws IOException {
    String what = "tensor " + Json.printable(name);
    int axes = in.intNumber(what);
    if (axes < 1 || axes > MOST_AXES) {
      throw new FormatException(
          "%s has %s axes, not 1 to %d".formatted(what, Integer.toUnsignedString(axes), MOST_AXES));
    }
    List<Long> sizes = new ArrayList<>();
    for (int axis = 0; axis < axes; axis++) {
      long size = in.longNumber(what);
      if (size < 1) {
        throw new FormatException(
            "%s has a size of %s".formatted(what, Long.toUnsignedString(size)));
      }
      sizes.addFirst(size);
    }
    int id = in.intNumber(what);
    GgmlType type =
        GgmlType.of(id)
            .orElseThrow(
                () ->
                    new FormatException(
                        "%s has type %s, which is unknown"
                            .formatted(what, Integer.toUnsignedString(id))));
    long offset = in.longNumber(what);
    return new GgufTensor(name, type, sizes, offset, bytes(what, type, sizes));
  }

  private static long bytes(String what, GgmlType type, List<Long> sizes) {
    if (sizes.getLast() % type.blockSize() != 0) {
      throw new FormatException(
          "%s has rows of %d, which is no multiple of %d, as its type %s asks for"
              .formatted(what, sizes.getLast(), type.blockSize(), type));
    }
    try {
      long blocks = sizes.getLast() / type.blockSize();
      for (long size : sizes.subList(0, sizes.size() - 1)) {
        blocks = Math.multiplyExact(blocks, size);
      }
      return Math.multiplyExact(blocks, (long) type.blockBytes());
    } catch (ArithmeticException e) {
      throw new FormatException("%s is larger than any file: %s".formatted(what, sizes));
    }
  }

  private static void checkPlaces(List<GgufTensor> tensors, long dataBytes, int alignment) {
    List<GgufTensor> inOrder = new ArrayList<>(tensors);
    inOrder.sort(Comparator.comparingLong(GgufTensor::offset));
    long position = 0;
    String previous = "";
    for (GgufTensor tensor : inOrder) {
      String name = Json.printable(tensor.name());
      long offset = tensor.offset();
      if (offset < 0 || offset % alignment != 0) {
        throw new FormatException(
            "tensor %s begins at byte %s of the data, which is no multiple of %d"
                .formatted(name, Long.toUnsignedString(offset), alignment));
      }
      if (offset > dataBytes || tensor.bytes() > dataBytes - offset) {
        throw new FormatException(
            "is cut off or damaged: tensor %s has %d bytes from byte %d of the data on, which has %d"
                .formatted(name, tensor.bytes(), offset, dataBytes));
      }
      if (offset < position) {
        throw new FormatException("tensor %s overlaps tensor %s".formatted(name, previous));
      }
      if (offset > aligned(position, alignment)) {
        throw new FormatException(
            "bytes that belong to no tensor before tensor %s: %d"
                .formatted(name, offset - position));
      }
      position = offset + tensor.bytes();
      previous = name;
    }
    if (dataBytes > aligned(position, alignment)) {
      throw new FormatException(
          "bytes that belong to no tensor at its end: %d".formatted(dataBytes - position));
    }
  }

  /** The next multiple of the alignment; positions are those of files, far below the largest. */
  static long aligned(long position, int alignment) {
    return (position + alignment - 1) & -alignment;
  }
}
