package gpt2j.model.gpt2.gguf;

import gpt2j.model.gpt2.format.FileCursor;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads one value of a file's metadata ({@code enum gguf_metadata_value_type}). */
final class GgufValueReader {
  private static final int UINT8 = 0;
  private static final int INT8 = 1;
  private static final int UINT16 = 2;
  private static final int INT16 = 3;
  static final int UINT32 = 4;
  static final int INT32 = 5;
  static final int FLOAT32 = 6;
  static final int BOOL = 7;
  static final int STRING = 8;
  static final int ARRAY = 9;
  private static final int UINT64 = 10;
  private static final int INT64 = 11;
  private static final int FLOAT64 = 12;

  private static final int MOST_NESTED = 4; // arrays of arrays; none are known
  private static final int[] BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8}; // at least

  private final FileCursor in;
  private final String what;

  GgufValueReader(FileCursor in, String key) {
    this.in = in;
    this.what = Json.printable(key);
  }

  GgufValue read() throws IOException {
    int type = type();
    return switch (type) {
      case UINT8 -> new GgufValue.Whole(in.unsignedByte(what));
      case INT8 -> new GgufValue.Whole((byte) in.unsignedByte(what));
      case UINT16 -> new GgufValue.Whole(Short.toUnsignedInt(in.shortNumber(what)));
      case INT16 -> new GgufValue.Whole(in.shortNumber(what));
      case UINT32 -> new GgufValue.Whole(Integer.toUnsignedLong(in.intNumber(what)));
      case INT32 -> new GgufValue.Whole(in.intNumber(what));
      case UINT64, INT64 -> new GgufValue.Whole(in.longNumber(what));
      case FLOAT32 -> new GgufValue.Real(Float.intBitsToFloat(in.intNumber(what)));
      case FLOAT64 -> new GgufValue.Real(Double.longBitsToDouble(in.longNumber(what)));
      case BOOL -> new GgufValue.Flag(flag());
      case STRING -> new GgufValue.Text(text());
      default -> array();
    };
  }

  private int type() throws IOException {
    int type = in.intNumber(what);
    if (type < 0 || type >= BYTES.length) {
      throw new FormatException(
          "%s has type %s, which is unknown".formatted(what, Integer.toUnsignedString(type)));
    }
    return type;
  }

  private boolean flag() throws IOException {
    int flag = in.unsignedByte(what);
    if (flag > 1) {
      throw new FormatException("%s must be 0 or 1, not %d".formatted(what, flag));
    }
    return flag == 1;
  }

  private String text() throws IOException {
    return in.text(in.longNumber(what), what);
  }

  private GgufValue array() throws IOException {
    int type = type();
    long count = in.count(BYTES[type], what);
    switch (type) {
      case STRING -> {
        List<String> texts = new ArrayList<>();
        for (long i = 0; i < count; i++) {
          texts.add(text());
        }
        return new GgufValue.Texts(texts);
      }
      case INT32, UINT32 -> {
        List<Integer> wholes = new ArrayList<>();
        for (long i = 0; i < count; i++) {
          wholes.add(in.intNumber(what));
        }
        return new GgufValue.Wholes(wholes);
      }
      case ARRAY -> {
        for (long i = 0; i < count; i++) {
          skipArray(1);
        }
        return new GgufValue.Other("an array of arrays");
      }
      default -> {
        in.skip(count * BYTES[type], what);
        return new GgufValue.Other("an array of another type");
      }
    }
  }

  private void skipArray(int depth) throws IOException {
    int type = type();
    long count = in.count(BYTES[type], what);
    if (depth >= MOST_NESTED && type == ARRAY) {
      throw new FormatException("%s has arrays in arrays in arrays".formatted(what));
    }
    switch (type) {
      case STRING -> {
        for (long i = 0; i < count; i++) {
          in.skip(in.longNumber(what), what);
        }
      }
      case ARRAY -> {
        for (long i = 0; i < count; i++) {
          skipArray(depth + 1);
        }
      }
      default -> in.skip(count * BYTES[type], what);
    }
  }
}
