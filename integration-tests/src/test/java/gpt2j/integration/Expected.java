package gpt2j.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Tensors of a safetensors file that the scripts in {@code src/test/python} wrote. A reader of its
 * own: it must know float64 and int64, and not be the code under test.
 */
final class Expected {
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
  private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
  private static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ORDER);

  private record Tensor(String type, List<Integer> shape, MemorySegment data) {}

  private final Path file;
  private final Map<String, Tensor> tensors = new HashMap<>();

  Expected(Path file) {
    this.file = file;
    byte[] bytes = bytes(file);
    int headerBytes = Math.toIntExact(ByteBuffer.wrap(bytes).order(ORDER).getLong());
    MemorySegment data = MemorySegment.ofArray(bytes).asSlice(Long.BYTES + headerBytes);
    String header = new String(bytes, Long.BYTES, headerBytes, StandardCharsets.UTF_8);
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), header)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals("__metadata__")) {
          parser.skipChildren();
        } else {
          tensors.put(name, tensor(parser, data));
        }
      }
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Tensor tensor(JsonParser parser, MemorySegment data) {
    String type = "";
    List<Integer> shape = List.of();
    List<Integer> offsets = List.of();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "dtype" -> type = parser.getString();
        case "shape" -> shape = integers(parser);
        case "data_offsets" -> offsets = integers(parser);
        default -> parser.skipChildren();
      }
    }
    int begin = offsets.get(0);
    return new Tensor(type, shape, data.asSlice(begin, offsets.get(1) - begin));
  }

  private static List<Integer> integers(JsonParser parser) {
    List<Integer> numbers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      numbers.add(parser.getIntValue());
    }
    return numbers;
  }

  int[] ints(String name) {
    return tensor(name, "I32").data().toArray(I32);
  }

  long[] longs(String name) {
    return tensor(name, "I64").data().toArray(I64);
  }

  double[] doubles(String name) {
    Tensor tensor = tensor(name, "F32", "F64");
    if (tensor.type().equals("F64")) {
      return tensor.data().toArray(F64);
    }
    float[] floats = tensor.data().toArray(F32);
    double[] doubles = new double[floats.length];
    Arrays.setAll(doubles, i -> floats[i]);
    return doubles;
  }

  /** A matrix by rows. */
  double[][] rows(String name) {
    double[] all = doubles(name);
    double[][] rows = new double[tensors.get(name).shape().getFirst()][];
    int width = all.length / rows.length;
    Arrays.setAll(rows, i -> Arrays.copyOfRange(all, i * width, (i + 1) * width));
    return rows;
  }

  private Tensor tensor(String name, String... types) {
    Tensor tensor = tensors.get(name);
    if (tensor == null || !List.of(types).contains(tensor.type())) {
      throw new IllegalStateException(
          "%s: no tensor %s of type %s".formatted(file, name, String.join(" or ", types)));
    }
    return tensor;
  }
}
