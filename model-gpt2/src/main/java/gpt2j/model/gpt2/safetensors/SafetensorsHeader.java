package gpt2j.model.gpt2.safetensors;

import gpt2j.api.Words;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.safetensors.SafetensorsFile.Bytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: eight bytes, little-endian, that give the length of a JSON
 * object, then the object, which gives each tensor's type, shape and place in the bytes that
 * follow. See <a href="https://github.com/huggingface/safetensors#format">the format</a>.
 *
 * <p>Memory is taken in proportion to bytes that are there, never to what they claim.
 *
 * @param tensors by name, in the order of the header
 * @param metadata the header's free text by name, empty when it has none
 * @param dataOffset where the tensors' bytes begin in the file
 */
record SafetensorsHeader(
    Map<String, TensorEntry> tensors, Map<String, String> metadata, long dataOffset) {

  static final int LENGTH_BYTES = Long.BYTES;

  /** The format's own limit. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final byte[] LFS_POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  SafetensorsHeader {
    tensors = Collections.unmodifiableMap(tensors);
    metadata = Collections.unmodifiableMap(metadata);
  }

  /**
   * Reads and checks the header of a file: that every tensor is as long as its shape and type make
   * it, and that the tensors fill the file without overlap or gap.
   *
   * @param file what to call the file in messages
   * @param bytes of the file
   * @param size how many there are
   * @throws SafetensorsException when anything is wrong
   * @throws IOException when bytes can't be read
   */
  static SafetensorsHeader parse(String file, Bytes bytes, long size) throws IOException {
    byte[] start = read(bytes, 0, Math.min(size, LFS_POINTER.length));
    if (Arrays.equals(start, LFS_POINTER)) {
      throw new SafetensorsException(
          file,
          "is a Git LFS pointer to the weights, not the weights: fetch them with git lfs pull");
    }
    if (size < LENGTH_BYTES) {
      throw new SafetensorsException(file, "is no safetensors file: it is too short for a header");
    }
    long length = MemorySegment.ofArray(start).get(LENGTH, 0);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw new SafetensorsException(
          file,
          "is no safetensors file: it gives its header's length as %s bytes, the limit is %d"
              .formatted(Long.toUnsignedString(length), MAX_HEADER_BYTES));
    }
    if (length > size - LENGTH_BYTES) {
      throw new SafetensorsException(
          file,
          "is cut off or damaged: its header has %s, the whole file %d"
              .formatted(Words.count(length, "byte"), size));
    }
    if (length == 0 || start[LENGTH_BYTES] != '{') {
      throw new SafetensorsException(file, "its header must start with '{'");
    }
    byte[] text = read(bytes, LENGTH_BYTES, length);
    SafetensorsHeader header = new HeaderParser(file, text).parse(LENGTH_BYTES + length);
    checkPlaces(file, header.tensors, size - header.dataOffset);
    return header;
  }

  private static byte[] read(Bytes bytes, long position, long count) throws IOException {
    byte[] read = new byte[(int) count];
    bytes.read(position, MemorySegment.ofArray(read));
    return read;
  }

  private static void checkPlaces(String file, Map<String, TensorEntry> tensors, long dataBytes) {
    List<TensorEntry> inOrder = new ArrayList<>(tensors.values());
    // An empty tensor lies before the one that begins where it does.
    inOrder.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    long position = 0;
    String previous = "";
    for (TensorEntry tensor : inOrder) {
      String name = Json.printable(tensor.name());
      if (tensor.end() > dataBytes) {
        throw new SafetensorsException(
            file,
            "is cut off or damaged: tensor %s ends at byte %d of the data, which has %d"
                .formatted(name, tensor.end(), dataBytes));
      }
      if (tensor.begin() < position) {
        throw new SafetensorsException(
            file, "tensor %s overlaps tensor %s".formatted(name, previous));
      }
      if (tensor.begin() > position) {
        throw new SafetensorsException(
            file,
            "bytes that belong to no tensor before tensor %2$s: %1$d"
                .formatted(tensor.begin() - position, name));
      }
      position = tensor.end();
      previous = name;
    }
    if (position < dataBytes) {
      throw new SafetensorsException(
          file, "bytes that belong to no tensor at its end: %d".formatted(dataBytes - position));
    }
  }
}
