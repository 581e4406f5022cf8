package gpt2j.model.gpt2.safetensors;

import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the JSON of a safetensors header. What depends on the file's size is checked elsewhere. */
final class HeaderParser {
  static final String METADATA = "__metadata__";
  private static final int MAX_RANK = 64;

  private final String file;
  private final byte[] text;
  private @Nullable String tensor; // the one being read, for messages

  HeaderParser(String file, byte[] text) {
    this.file = file;
    this.text = text;
  }

  SafetensorsHeader parse(long dataOffset) {
    Map<String, TensorEntry> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    try (JsonParser parser = Json.parser(text)) {
      parser.nextToken(); // the object's brace, which the caller has seen
      for (String name = parser.nextName(); name != null; name = parser.nextName()) {
        if (name.equals(METADATA)) {
          readMetadata(parser, metadata);
        } else {
          tensor = name;
          tensors.put(name, readEntry(parser, name));
          tensor = null;
        }
      }
      Json.expectEnd(parser);
    } catch (JacksonException e) {
      throw invalid(Json.explain(e));
    } catch (JsonException e) {
      throw invalid(e);
    }
    return new SafetensorsHeader(tensors, metadata, dataOffset);
  }

  private void readMetadata(JsonParser parser, Map<String, String> metadata) {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw problem(METADATA + " must be an object");
    }
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw problem(METADATA + " must map text to text, " + Json.printable(name) + " doesn't");
      }
      metadata.put(name, parser.getString());
    }
  }

  private TensorEntry readEntry(JsonParser parser, String name) {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw problem("must be described by an object");
    }
    StoredType type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    for (String key = parser.nextName(); key != null; key = parser.nextName()) {
      switch (key) {
        case "dtype" -> type = readType(parser);
        case "shape" -> shape = readCounts(parser, key, MAX_RANK);
        case "data_offsets" -> offsets = readCounts(parser, key, 2);
        default -> throw problem("unknown key " + Json.printable(key));
      }
    }
    if (type == null || shape == null || offsets == null) {
      throw problem("needs dtype, shape and data_offsets");
    }
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw problem("data_offsets must be two numbers, the first not above the second");
    }
    TensorEntry entry = new TensorEntry(name, type, shape, offsets.get(0), offsets.get(1));
    long bytes = bytes(type, shape);
    if (entry.bytes() != bytes) {
      throw problem(
          "%s %s needs %d bytes, its data_offsets are %d apart"
              .formatted(type, shape, bytes, entry.bytes()));
    }
    return entry;
  }

  private StoredType readType(JsonParser parser) {
    if (parser.nextToken() != JsonToken.VALUE_STRING) {
      throw problem("dtype must be text");
    }
    String name = parser.getString();
    return StoredType.named(name)
        .orElseThrow(() -> problem("unknown dtype " + Json.printable(name)));
  }

  private List<Long> readCounts(JsonParser parser, String key, int most) {
    if (parser.nextToken() != JsonToken.START_ARRAY) {
      throw problem("%s must be a list of integers".formatted(key));
    }
    List<Long> counts = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      if (token != JsonToken.VALUE_NUMBER_INT || parser.getString().startsWith("-")) {
        throw problem("%s must be a list of integers, none negative".formatted(key));
      }
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw problem("%s has a number that is too large".formatted(key));
      }
      if (counts.size() == most) {
        throw problem("%s has more than %d numbers".formatted(key, most));
      }
      counts.add(parser.getLongValue());
    }
    return counts;
  }

  private long bytes(StoredType type, List<Long> shape) {
    long bits = type.bits();
    try {
      for (long size : shape) {
        bits = Math.multiplyExact(bits, size);
      }
    } catch (ArithmeticException overflow) {
      throw problem("shape %s is too large".formatted(Json.printable(shape.toString())));
    }
    if (bits % Byte.SIZE != 0) {
      throw problem("%s %s doesn't fill whole bytes".formatted(type, shape));
    }
    return bits / Byte.SIZE;
  }

  private SafetensorsException invalid(JsonException e) {
    return new SafetensorsException(file, "its header " + e.getMessage());
  }

  private SafetensorsException problem(String what) {
    String where = tensor == null ? "header: " : "tensor " + Json.printable(tensor) + ": ";
    return new SafetensorsException(file, where + what);
  }
}
