package gpt2j.model.gpt2.tensorflow;

import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a tensor is ({@code BundleEntryProto} in TensorFlow's tensor_bundle.proto).
 *
 * @param type a number of {@code DataType} in types.proto
 * @param part which of the files of tensors has it, counted from 0
 * @param offset its first byte there
 * @param checksum of its bytes
 */
record BundleEntry(
    String name, int type, List<Long> sizes, int part, long offset, long bytes, int checksum) {
  private static final int DTYPE = 1;
  private static final int SHAPE = 2;
  private static final int SHARD = 3;
  private static final int OFFSET = 4;
  private static final int SIZE = 5;
  private static final int CHECKSUM = 6;
  private static final int SLICES = 7;
  private static final int MOST_AXES = 254; // TensorFlow's

  BundleEntry {
    sizes = List.copyOf(sizes);
  }

  /**
   * Reads one.
   *
   * @param parts how many files there are
   */
  static BundleEntry read(String name, ByteBuffer value, int parts) {
    String what = "tensor " + Json.printable(name);
    Fields fields = new Fields(what, value);
    long type = 0;
    List<Long> sizes = List.of();
    long part = 0;
    long offset = 0;
    long bytes = 0;
    int checksum = 0;
    while (fields.hasNext()) {
      switch (fields.next()) {
        case DTYPE -> type = fields.number();
        case SHAPE -> sizes = sizes(fields.message());
        case SHARD -> {
          part = fields.number();
          if (part < 0 || part >= parts) {
            throw new FormatException(
                "%s is in file %s of %d, counted from 0"
                    .formatted(what, Long.toUnsignedString(part), parts));
          }
        }
        case OFFSET -> offset = fields.number();
        case SIZE -> bytes = fields.number();
        case CHECKSUM -> checksum = (int) fields.number();
        case SLICES -> throw new FormatException(what + " is cut into slices, which are not read");
        default -> fields.skip();
      }
    }
    return new BundleEntry(name, (int) type, sizes, (int) part, offset, bytes, checksum);
  }

  private static List<Long> sizes(Fields shape) {
    List<Long> sizes = new ArrayList<>();
    while (shape.hasNext()) {
      if (shape.next() != 2) {
        shape.skip();
        continue;
      }
      Fields axis = shape.message();
      long size = 0;
      while (axis.hasNext()) {
        if (axis.next() == 1) {
          size = axis.number();
        } else {
          axis.skip();
        }
      }
      sizes.add(size);
      if (size < 0 || sizes.size() > MOST_AXES) {
        throw shape.damaged();
      }
    }
    return sizes;
  }
}
