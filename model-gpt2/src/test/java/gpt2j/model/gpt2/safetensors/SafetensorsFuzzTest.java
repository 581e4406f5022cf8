package gpt2j.model.gpt2.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.testkit.Allocation;
import gpt2j.testkit.Mutations;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Damaged files: each is read as a proper file or refused in one line, and costs memory in
 * proportion to its own size.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class SafetensorsFuzzTest {
  private static final int FILES = 12_000;

  /** The parser's own buffers and tables, and some objects for each byte of a header. */
  private static final long MOST_BYTES = 256 << 10;

  private static final long MOST_BYTES_PER_BYTE = 256;

  private final Allocation allocation = new Allocation();
  private int accepted;
  private int refused;

  @Test
  void damagedFiles() throws IOException {
    List<byte[]> files = List.of(golden("readable.safetensors"), golden("all.safetensors"));
    files.forEach(RawFile::parse); // loads the classes, which allocates too
    for (int seed = 0; seed < FILES; seed++) {
      Random random = new Random(seed);
      Mutations mutations = new Mutations(random);
      byte[] file = files.get(random.nextInt(files.size()));
      byte[] damaged =
          switch (random.nextInt(4)) {
            case 0 -> mutations.bytes(file);
            case 1 -> withLength(file, length(file) + random.nextLong() >> random.nextInt(64));
            default -> withHeader(file, mutations.json(header(file)));
          };
      try {
        parse(damaged);
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    // Else the damage would be none, or so great that no check but the first is reached.
    assertTrue(accepted > FILES / 100, "accepted " + accepted);
    assertTrue(refused > FILES / 2, "refused " + refused);
  }

  private void parse(byte[] file) {
    long before = allocation.bytes();
    try {
      SafetensorsHeader header = RawFile.parse(file);
      accepted++;
      assertProper(header, file.length);
    } catch (SafetensorsException e) {
      refused++;
      assertTrue(e.getMessage().startsWith("x.safetensors: "), e.getMessage());
      assertTrue(e.getMessage().chars().noneMatch(Character::isISOControl), e.getMessage());
      assertTrue(e.getMessage().length() < 500, e.getMessage());
    }
    long allocated = allocation.bytes() - before;
    assertTrue(
        allocated < MOST_BYTES + MOST_BYTES_PER_BYTE * file.length,
        allocated + " bytes allocated for a file of " + file.length);
  }

  /** The tensors fill the file, and each has the bytes that its shape and type ask for. */
  private static void assertProper(SafetensorsHeader header, long size) {
    long position = 0;
    for (TensorEntry tensor :
        header.tensors().values().stream()
            .sorted(
                Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end))
            .toList()) {
      assertEquals(position, tensor.begin());
      long elements = tensor.sizes().stream().reduce(1L, Math::multiplyExact);
      assertEquals(elements * tensor.type().bits(), tensor.bytes() * Byte.SIZE);
      position = tensor.end();
    }
    assertEquals(size - header.dataOffset(), position);
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream file = SafetensorsFuzzTest.class.getResourceAsStream(name)) {
      return file.readAllBytes();
    }
  }

  private static long length(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private static String header(byte[] file) {
    return new String(file, Long.BYTES, (int) length(file), StandardCharsets.UTF_8);
  }

  private static byte[] withLength(byte[] file, long length) {
    return RawFile.of(length, Arrays.copyOfRange(file, Long.BYTES, file.length), new byte[0]);
  }

  private static byte[] withHeader(byte[] file, String header) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    int dataOffset = Long.BYTES + (int) length(file);
    return RawFile.of(text.length, text, Arrays.copyOfRange(file, dataOffset, file.length));
  }
}
