package gpt2j.model.gpt2.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsHeaderTest {
  static Stream<Arguments> malformed() {
    return Stream.of(
        // the length
        file("is no safetensors file: it is too short for a header", new byte[0]),
        file("is no safetensors file: it is too short for a header", new byte[7]),
        file("its header must start with '{'", new byte[8]),
        file(
            "is no safetensors file: it gives its header's length as 18446744073709551615 bytes,"
                + " the limit is 100000000",
            RawFile.of(-1, text("{}"), new byte[0])),
        file(
            "is no safetensors file: it gives its header's length as 9223372036854775807 bytes,"
                + " the limit is 100000000",
            RawFile.of(Long.MAX_VALUE, text("{}"), new byte[0])),
        file(
            "is no safetensors file: it gives its header's length as 100000001 bytes, the limit is"
                + " 100000000",
            RawFile.of(100_000_001, text("{}"), new byte[0])),
        file(
            "is cut off or damaged: its header has 100000000 bytes, the whole file 10",
            RawFile.of(100_000_000, text("{}"), new byte[0])),
        file(
            "is cut off or damaged: its header has 3 bytes, the whole file 10",
            RawFile.of(3, text("{}"), new byte[0])),
        file(
            "is a Git LFS pointer to the weights, not the weights: fetch them with git lfs pull",
            text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")),
        file(
            "is no safetensors file: it gives its header's length as 5789751444030890300 bytes, the"
                + " limit is 100000000",
            text("<!DOCTYPE html>")),
        // the JSON
        header("its header must start with '{'", " {}"),
        header("its header must start with '{'", "[]"),
        header("its header must start with '{'", "\uFEFF{}"),
        header("its header has more text after its JSON object", "{} {}"),
        header(
            "its header is not valid JSON at character 2: Unexpected close marker '}': no open"
                + " Object to close",
            "{}}"),
        header(
            "its header is not valid JSON at character 1: Unexpected end-of-input: expected close"
                + " marker for Object",
            "{"),
        header(
            "its header is not valid JSON at character 2: Illegal character ((CTRL-CHAR, code 0)):"
                + " only regular white space (\\r, \\n, \\t) is allowed between tokens",
            "{}\0\0"),
        header(
            "its header is not valid JSON at character 57: Duplicate Object property \"a\"",
            "{\"a\":" + one(0) + ",\"a\":" + one(0) + "}"),
        header(
            "its header is not valid JSON at character 27: Duplicate Object property \"dtype\"",
            "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"),
        file("its header is not UTF-8", RawFile.of(6, latin1("{\"ä\":1"), new byte[0])),
        // metadata
        header("header: __metadata__ must be an object", "{\"__metadata__\":[]}"),
        header("header: __metadata__ must be an object", "{\"__metadata__\":null}"),
        header(
            "header: __metadata__ must map text to text, a doesn't",
            "{\"__metadata__\":{\"a\":1}}"),
        header(
            "header: __metadata__ must map text to text, b doesn't",
            "{\"__metadata__\":{\"a\":\"\",\"b\":{}}}"),
        // a tensor's description
        tensor("must be described by an object", "[]"),
        tensor("must be described by an object", "null"),
        tensor("must be described by an object", "\"F32\""),
        tensor("needs dtype, shape and data_offsets", "{}"),
        tensor("needs dtype, shape and data_offsets", entry("\"F32\"", "[1]", null)),
        tensor("needs dtype, shape and data_offsets", entry("\"F32\"", null, "[0,4]")),
        tensor("needs dtype, shape and data_offsets", entry(null, "[1]", "[0,4]")),
        tensor("unknown key stride", "{\"stride\":1}"),
        tensor("dtype must be text", entry("32", "[1]", "[0,4]")),
        tensor("dtype must be text", entry("null", "[1]", "[0,4]")),
        tensor("unknown dtype F33", entry("\"F33\"", "[1]", "[0,4]")),
        tensor("unknown dtype f32", entry("\"f32\"", "[1]", "[0,4]")),
        tensor("unknown dtype ", entry("\"\"", "[1]", "[0,4]")),
        tensor("unknown dtype a\uFFFDb", entry("\"a\\nb\"", "[1]", "[0,4]")),
        tensor("shape must be a list of integers", entry("\"F32\"", "1", "[0,4]")),
        tensor("shape must be a list of integers", entry("\"F32\"", "null", "[0,4]")),
        tensor(
            "shape must be a list of integers, none negative", entry("\"F32\"", "[-1]", "[0,4]")),
        tensor(
            "shape must be a list of integers, none negative", entry("\"F32\"", "[-0]", "[0,4]")),
        tensor(
            "shape must be a list of integers, none negative", entry("\"F32\"", "[1.0]", "[0,4]")),
        tensor(
            "shape must be a list of integers, none negative", entry("\"F32\"", "[1e0]", "[0,4]")),
        tensor(
            "shape must be a list of integers, none negative",
            entry("\"F32\"", "[\"1\"]", "[0,4]")),
        tensor(
            "shape must be a list of integers, none negative", entry("\"F32\"", "[[1]]", "[0,4]")),
        tensor(
            "shape has a number that is too large",
            entry("\"F32\"", "[9223372036854775808]", "[0,4]")),
        tensor(
            "shape has a number that is too large",
            entry("\"F32\"", "[" + "9".repeat(900) + "]", "[0,4]")),
        tensor(
            "shape has more than 64 numbers",
            entry("\"F32\"", "[" + "1,".repeat(64) + "1]", "[0,4]")),
        tensor(
            "shape [4611686018427387904, 4] is too large",
            entry("\"F32\"", "[4611686018427387904,4]", "[0,0]")),
        tensor(
            "shape [4611686018427387904, 4, 0] is too large",
            entry("\"F32\"", "[4611686018427387904,4,0]", "[0,0]")),
        tensor(
            "shape [4294967296, 4294967296] is too large",
            entry("\"U8\"", "[4294967296,4294967296]", "[0,0]")),
        tensor("data_offsets must be a list of integers", entry("\"F32\"", "[1]", "{}")),
        tensor(
            "data_offsets must be two numbers, the first not above the second",
            entry("\"F32\"", "[1]", "[]")),
        tensor(
            "data_offsets must be two numbers, the first not above the second",
            entry("\"F32\"", "[1]", "[4]")),
        tensor(
            "data_offsets must be two numbers, the first not above the second",
            entry("\"F32\"", "[1]", "[4,0]")),
        tensor("data_offsets has more than 2 numbers", entry("\"F32\"", "[1]", "[0,4,8]")),
        tensor(
            "data_offsets must be a list of integers, none negative",
            entry("\"F32\"", "[1]", "[-4,0]")),
        tensor(
            "data_offsets has a number that is too large",
            entry("\"F32\"", "[1]", "[0,18446744073709551615]")),
        tensor(
            "F32 [1] needs 4 bytes, its data_offsets are 3 apart",
            entry("\"F32\"", "[1]", "[0,3]")),
        tensor(
            "F32 [] needs 4 bytes, its data_offsets are 0 apart", entry("\"F32\"", "[]", "[0,0]")),
        tensor(
            "F32 [0, 5] needs 0 bytes, its data_offsets are 4 apart",
            entry("\"F32\"", "[0,5]", "[0,4]")),
        tensor(
            "BF16 [2, 3] needs 12 bytes, its data_offsets are 4 apart",
            entry("\"BF16\"", "[2,3]", "[0,4]")),
        tensor("F4 [3] doesn't fill whole bytes", entry("\"F4\"", "[3]", "[0,1]")),
        // the places
        file(
            "is cut off or damaged: tensor a ends at byte 4 of the data, which has 3",
            RawFile.of("{\"a\":" + one(0) + "}", 3)),
        file(
            "is cut off or damaged: tensor a ends at byte 9223372036854775807 of the data, which"
                + " has 4",
            RawFile.of(
                "{\"a\":"
                    + entry("\"U8\"", "[1]", "[9223372036854775806,9223372036854775807]")
                    + "}",
                4)),
        file(
            "bytes that belong to no tensor at its end: 1",
            RawFile.of("{\"a\":" + one(0) + "}", 5)),
        file("bytes that belong to no tensor at its end: 8", RawFile.of("{}", 8)),
        file(
            "bytes that belong to no tensor before tensor a: 4",
            RawFile.of("{\"a\":" + one(4) + "}", 8)),
        file(
            "bytes that belong to no tensor before tensor a: 4",
            RawFile.of("{\"a\":" + one(8) + ",\"b\":" + one(0) + "}", 12)),
        file(
            "tensor b overlaps tensor a",
            RawFile.of("{\"a\":" + one(0) + ",\"b\":" + one(2) + "}", 6)),
        file(
            "tensor b overlaps tensor a",
            RawFile.of("{\"a\":" + one(0) + ",\"b\":" + one(0) + "}", 4)),
        file(
            "tensor b overlaps tensor a",
            RawFile.of(
                "{\"a\":" + one(0) + ",\"b\":" + entry("\"F32\"", "[0]", "[2,2]") + "}", 4)));
  }

  private static Arguments file(String problem, byte[] file) {
    return Arguments.of(problem, file);
  }

  private static Arguments header(String problem, String header) {
    return Arguments.of(problem, RawFile.of(header, 0));
  }

  private static Arguments tensor(String problem, String description) {
    return Arguments.of(
        "tensor h.0.ln_1.weight: " + problem,
        RawFile.of("{\"h.0.ln_1.weight\":" + description + "}", 4));
  }

  private static String one(long begin) {
    return entry("\"F32\"", "[1]", "[" + begin + "," + (begin + 4) + "]");
  }

  private static String entry(String type, String shape, String offsets) {
    return Stream.of(
            type == null ? "" : "\"dtype\":" + type,
            shape == null ? "" : "\"shape\":" + shape,
            offsets == null ? "" : "\"data_offsets\":" + offsets)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void aMalformedFileIsRefusedWithOneLine(String problem, byte[] file) {
    var e = assertThrows(SafetensorsException.class, () -> RawFile.parse(file));
    assertEquals("x.safetensors: " + problem, e.getMessage());
  }

  @Test
  void aFileWithoutTensorsIsProper() {
    SafetensorsHeader header = RawFile.parse(RawFile.of("{}", 0));
    assertEquals(Map.of(), header.tensors());
    assertEquals(Map.of(), header.metadata());
    assertEquals(10, header.dataOffset());
  }

  @Test
  void blanksMayFollowTheObject() {
    SafetensorsHeader header = RawFile.parse(RawFile.of("{ \"a\" :\t" + one(0) + "\n}   ", 4));
    assertEquals(List.of("a"), List.copyOf(header.tensors().keySet()));
  }

  @Test
  void tensorsMayBeListedInAnyOrder() {
    SafetensorsHeader header =
        RawFile.parse(RawFile.of("{\"b\":" + one(4) + ",\"a\":" + one(0) + "}", 8));
    assertEquals(List.of("b", "a"), List.copyOf(header.tensors().keySet()));
    assertEquals(4, header.tensors().get("b").begin());
    assertEquals(8, header.tensors().get("b").end());
  }

  @Test
  void anEmptyTensorTakesNoPlace() {
    String empty = entry("\"F32\"", "[3,0]", "[4,4]");
    SafetensorsHeader header =
        RawFile.parse(
            RawFile.of("{\"a\":" + one(4) + ",\"e\":" + empty + ",\"b\":" + one(0) + "}", 8));
    assertEquals(0, header.tensors().get("e").bytes());
    assertEquals(Optional.empty(), header.tensors().get("e").shape());
  }

  @Test
  void aScalarHasOneElement() {
    SafetensorsHeader header =
        RawFile.parse(RawFile.of("{\"a\":" + entry("\"F32\"", "[]", "[0,4]") + "}", 4));
    assertEquals(List.of(), header.tensors().get("a").sizes());
    assertEquals(Optional.of(Shape.of(1)), header.tensors().get("a").shape());
  }

  @Test
  void everyTypeOfTheFormatIsKnown() {
    for (StoredType type : StoredType.values()) {
      int bytes = type.bits(); // of eight elements
      String entry = entry("\"" + type + "\"", "[2,4]", "[0," + bytes + "]");
      SafetensorsHeader header = RawFile.parse(RawFile.of("{\"a\":" + entry + "}", bytes));
      assertEquals(type, header.tensors().get("a").type());
    }
  }

  @Test
  void metadataIsKept() {
    SafetensorsHeader header =
        RawFile.parse(RawFile.of("{\"__metadata__\":{\"format\":\"pt\",\"n\":\"ä\\n\"}}", 0));
    assertEquals(Map.of("format", "pt", "n", "ä\n"), header.metadata());
  }
}
