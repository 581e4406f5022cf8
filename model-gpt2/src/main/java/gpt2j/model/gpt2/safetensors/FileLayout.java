package gpt2j.model.gpt2.safetensors;

import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.core.JsonGenerator;

/**
 * Where everything goes in a file to be written.
 *
 * @param head the header's length and the header, a multiple of eight bytes
 * @param tensors in the order of their values, which follow the head without gaps
 * @param bytes size of the file
 */
record FileLayout(byte[] head, List<OutputTensor> tensors, long bytes) {
  private static final int ALIGNMENT = 8;

  // Types of many bits first, so that every tensor is aligned; then names as bytes.
  private static final Comparator<OutputTensor> ORDER =
      Comparator.<OutputTensor, StoredType>comparing(tensor -> StoredType.of(tensor.type()))
          .reversed()
          .thenComparing(
              tensor -> tensor.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  static FileLayout of(Collection<OutputTensor> tensors, Map<String, String> metadata) {
    List<OutputTensor> ordered = new ArrayList<>(tensors);
    ordered.sort(ORDER);
    byte[] head = head(ordered, metadata);
    long bytes = head.length;
    for (OutputTensor tensor : ordered) {
      bytes = Math.addExact(bytes, tensor.bytes());
    }
    return new FileLayout(head, ordered, bytes);
  }

  private static byte[] head(List<OutputTensor> tensors, Map<String, String> metadata) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator generator = Json.generator(json)) {
      generator.writeStartObject();
      if (!metadata.isEmpty()) {
        generator.writeName(HeaderParser.METADATA);
        generator.writeStartObject();
        new TreeMap<>(metadata).forEach(generator::writeStringProperty);
        generator.writeEndObject();
      }
      Set<String> names = new HashSet<>(Set.of(HeaderParser.METADATA));
      long offset = 0;
      for (OutputTensor tensor : tensors) {
        if (!names.add(tensor.name())) {
          throw new IllegalArgumentException("a tensor can't be called " + tensor.name() + " here");
        }
        long end = Math.addExact(offset, tensor.bytes());
        writeEntry(generator, tensor, offset, end);
        offset = end;
      }
      generator.writeEndObject();
    }
    int length = -Math.floorDiv(-json.size(), ALIGNMENT) * ALIGNMENT;
    if (length > SafetensorsHeader.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the header would have %d bytes, the limit is %d"
              .formatted(length, SafetensorsHeader.MAX_HEADER_BYTES));
    }
    ByteBuffer head = ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES + length);
    head.order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json.toByteArray());
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    return head.array();
  }

  private static void writeEntry(
      JsonGenerator generator, OutputTensor tensor, long begin, long end) {
    generator.writeName(tensor.name());
    generator.writeStartObject();
    generator.writeStringProperty("dtype", StoredType.of(tensor.type()).name());
    generator.writeName("shape");
    generator.writeStartArray();
    Shape shape = tensor.shape();
    for (int axis = 0; axis < shape.rank(); axis++) {
      generator.writeNumber(shape.size(axis));
    }
    generator.writeEndArray();
    generator.writeName("data_offsets");
    generator.writeStartArray();
    generator.writeNumber(begin);
    generator.writeNumber(end);
    generator.writeEndArray();
    generator.writeEndObject();
  }
}
