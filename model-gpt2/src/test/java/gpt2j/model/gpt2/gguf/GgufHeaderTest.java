package gpt2j.model.gpt2.gguf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.testkit.Allocation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Headers that lie, of a file put together here. */
class GgufHeaderTest {
  @TempDir private Path folder;
  private final ByteBuffer file = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
  private int firstTensor;

  /** Two vectors of 8 numbers, the second 32 bytes behind the first. */
  @BeforeEach
  void write() {
    file.putInt(GgufHeader.MAGIC).putInt(3).putLong(2).putLong(1);
    text("general.alignment").putInt(GgufValueReader.UINT32).putInt(32);
    firstTensor = file.position();
    for (int i = 0; i < 2; i++) {
      text("t" + i).putInt(1).putLong(8).putInt(0).putLong(32L * i);
    }
    file.position((file.position() + 31) / 32 * 32 + 64);
  }

  private ByteBuffer text(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return file.putLong(bytes.length).put(bytes);
  }

  private GgufHeader parse() throws IOException {
    Path path = Files.write(folder.resolve("x.gguf"), Arrays.copyOf(file.array(), file.position()));
    try (var opened = PositionedFile.open(path)) {
      return GgufHeader.parse(opened);
    }
  }

  private void refused(String problem) {
    assertEquals(problem, assertThrows(FormatException.class, this::parse).problem());
  }

  @Test
  void whatIsRightIsRead() throws IOException {
    assertEquals(2, parse().tensors().size());
  }

  @Test
  void otherVersionsAreRefused() {
    file.putInt(4, 1);
    refused("is GGUF version 1, only 2 and 3 are read");
    file.putInt(4, Integer.reverseBytes(3));
    refused("is a big-endian GGUF file, which is not read; convert it to little-endian");
  }

  @Test
  void countsThatLieTakeNoMemory() {
    Allocation allocation = new Allocation();
    long before = allocation.bytes();
    file.putLong(8, Long.MAX_VALUE);
    assertTrue(
        assertThrows(FormatException.class, this::parse)
            .problem()
            .startsWith("is cut off or damaged: the number of tensors is 9223372036854775807"));
    file.putLong(8, 2).putLong(24, 1L << 40);
    refused("is damaged: the name of value 0 has 1099511627776 bytes, not 1 to 65535");
    assertTrue(allocation.bytes() - before < 4 << 20);
  }

  @Test
  void alignmentIsAPowerOfTwo() {
    file.putInt(firstTensor - 4, 24);
    refused("general.alignment must be a power of two up to 65536, not 24");
    file.putInt(firstTensor - 4, 0);
    refused("general.alignment must be a power of two up to 65536, not 0");
  }

  @Test
  void tensorsFillTheFile() {
    int second = firstTensor + 34;
    file.putLong(second + 26, 0);
    refused("tensor t1 overlaps tensor t0");
    file.putLong(second + 26, 64);
    refused(
        "is cut off or damaged: tensor t1 has 32 bytes from byte 64 of the data on, which has 64");
    file.putLong(second + 26, 8);
    refused("tensor t1 begins at byte 8 of the data, which is no multiple of 32");
    file.putLong(second + 26, 32).put(second + 9, (byte) '0');
    refused("has tensor t0 twice");
    file.put(second + 9, (byte) '1').putLong(second + 14, Long.MAX_VALUE);
    refused("tensor t1 is larger than any file: [9223372036854775807]");
    file.putLong(second + 14, 8).putInt(second + 22, 2);
    refused("tensor t1 has rows of 8, which is no multiple of 32, as its type Q4_0 asks for");
    file.putInt(second + 22, 99);
    refused("tensor t1 has type 99, which is unknown");
    file.putInt(second + 22, 0).position(file.position() + 32);
    refused("bytes that belong to no tensor at its end: 32");
  }
}
