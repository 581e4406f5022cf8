package gpt2j.model.gpt2.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8DecoderTest {
  /** The examples of the Unicode Standard, tables 3-8 to 3-11, and a few of the sort. */
  @ParameterizedTest
  @CsvSource({
    "C0 AF E0 80 BF F0 81 82 41, ????????A",
    "ED A0 80 ED BF BF ED AF 41, ????????A",
    "F4 91 92 93 FF 41 80 BF 42, ?????A??B",
    "E1 80 E2 F0 91 92 F1 BF 41, ????A",
    "F0 90 80, ?",
    "E2 82 41, ?A",
    "E2 E2 82 AC, ?€",
    "C3, ?",
    "C3 C3 A9, ?é",
    "F5 80 80 80 80, ?????",
  })
  void maximalSubpartsAreReplaced(String hex, String expected) {
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
    assertEquals(expected.replace('?', '\uFFFD'), decode(bytes, bytes.length));
  }

  @Test
  void everyCharacterComesBack() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (Character.getType(c) != Character.SURROGATE) {
        String text = Character.toString(c);
        assertEquals(text, decode(text.getBytes(UTF_8), 1));
      }
    }
  }

  @Test
  void bytesThatAreNotUtf8DecodeAsInJava() {
    SplittableRandom random = new SplittableRandom(2);
    int[] frequent = {0x41, 0x80, 0x8F, 0x90, 0xA0, 0xBF, 0xC2, 0xE0, 0xE2, 0xED, 0xF0, 0xF4};
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[random.nextInt(1, 9)];
      for (int b = 0; b < bytes.length; b++) {
        bytes[b] =
            (byte)
                (random.nextInt(3) == 0
                    ? random.nextInt(256)
                    : frequent[random.nextInt(frequent.length)]);
        // Java replaces an encoded surrogate as a whole, the standard doesn't.
        if (b > 0 && bytes[b - 1] == (byte) 0xED && (bytes[b] & 0xE0) == 0xA0) {
          bytes[b] = (byte) 0x90;
        }
      }
      String expected = new String(bytes, UTF_8);
      assertEquals(expected, decode(bytes, bytes.length), () -> Arrays.toString(bytes));
      assertEquals(expected, decode(bytes, random.nextInt(1, 4)), () -> Arrays.toString(bytes));
    }
  }

  /** The text of {@code bytes}, given to the decoder a few at a time. */
  private static String decode(byte[] bytes, int atATime) {
    StringBuilder text = new StringBuilder();
    Utf8Decoder decoder = new Utf8Decoder(text);
    for (int at = 0; at < bytes.length; at += atATime) {
      decoder.append(Arrays.copyOfRange(bytes, at, Math.min(at + atATime, bytes.length)));
    }
    decoder.finish();
    return text.toString();
  }
}
