package gpt2j.model.gpt2.convert;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The tensors of a GGUF file as bytes, read in a way of its own. */
final class GgufBytes {
  private GgufBytes() {}

  private record Place(String name, String form, long offset) {}

  /** What a tensor is, and its bytes up to where the next begins, by name. */
  static Map<String, String> of(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    in.position(8);
    long tensors = in.getLong();
    long values = in.getLong();
    for (long i = 0; i < values; i++) {
      text(in);
      skip(in, in.getInt());
    }
    List<Place> places = new ArrayList<>();
    for (long i = 0; i < tensors; i++) {
      String name = text(in);
      StringBuilder form = new StringBuilder();
      for (int axis = in.getInt(); axis > 0; axis--) {
        form.append(in.getLong()).append(' ');
      }
      form.append("type ").append(in.getInt());
      places.add(new Place(name, form.toString(), in.getLong()));
    }
    int base = (in.position() + 31) / 32 * 32;
    Map<String, String> found = new TreeMap<>();
    for (int i = 0; i < places.size(); i++) {
      int begin = base + (int) places.get(i).offset();
      int end = i + 1 < places.size() ? base + (int) places.get(i + 1).offset() : in.capacity();
      byte[] bytes = new byte[end - begin];
      in.get(begin, bytes);
      found.put(
          places.get(i).name(), places.get(i).form() + ": " + HexFormat.of().formatHex(bytes));
    }
    return found;
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[(int) in.getLong()];
    in.get(bytes);
    return new String(bytes, UTF_8);
  }

  private static void skip(ByteBuffer in, int type) {
    switch (type) {
      case 7 -> in.get();
      case 4, 5, 6 -> in.getInt();
      case 8 -> text(in);
      case 9 -> {
        int each = in.getInt();
        for (long count = in.getLong(); count > 0; count--) {
          skip(in, each);
        }
      }
      default -> throw new AssertionError("type " + type);
    }
  }
}
