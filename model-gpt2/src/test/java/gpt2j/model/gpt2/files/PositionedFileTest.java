package gpt2j.model.gpt2.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class PositionedFileTest {
  private static final int SIZE = 700_001; // more than two pieces

  @TempDir private Path folder;
  private final byte[] content = new byte[SIZE];
  private Path path;

  @BeforeEach
  void write() throws IOException {
    new Random(1).nextBytes(content);
    path = Files.write(folder.resolve("file"), content);
  }

  @Test
  void readsAnyPartIntoAnyMemory() throws IOException {
    try (PositionedFile file = PositionedFile.open(path);
        Arena arena = Arena.ofConfined()) {
      assertEquals(SIZE, file.size());
      for (int[] part : new int[][] {{0, SIZE}, {SIZE, 0}, {17, 3}, {SIZE - 1, 1}, {5, 600_000}}) {
        byte[] expected = Arrays.copyOfRange(content, part[0], part[0] + part[1]);
        byte[] heap = new byte[part[1]];
        file.read(part[0], MemorySegment.ofArray(heap));
        assertArrayEquals(expected, heap);
        MemorySegment memory = arena.allocate(part[1] + 1L).asSlice(1);
        file.read(part[0], memory);
        assertArrayEquals(expected, memory.toArray(ValueLayout.JAVA_BYTE));
      }
      float[] floats = new float[2];
      file.read(3, MemorySegment.ofArray(floats));
      assertEquals(
          -1,
          MemorySegment.ofArray(floats)
              .mismatch(MemorySegment.ofArray(Arrays.copyOfRange(content, 3, 11))));
      file.requireUnchanged();
    }
  }

  @Test
  void refusesWhatIsOutside() throws IOException {
    try (PositionedFile file = PositionedFile.open(path)) {
      for (long[] part : new long[][] {{-1, 1}, {SIZE, 1}, {SIZE - 1, 2}, {Long.MAX_VALUE, 1}}) {
        MemorySegment to = MemorySegment.ofArray(new byte[(int) part[1]]);
        assertThrows(IndexOutOfBoundsException.class, () -> file.read(part[0], to));
      }
    }
  }

  @Test
  void whatWasCutOffIsToldWithBothSizes() throws IOException {
    try (PositionedFile file = PositionedFile.open(path)) {
      cut(300_000);
      byte[] start = new byte[300_000];
      file.read(0, MemorySegment.ofArray(start));
      assertArrayEquals(Arrays.copyOf(content, 300_000), start);
      for (int position : new int[] {1, 299_999, 300_000, 400_000}) {
        assertMessage(
            "was cut off while it was read: it had 700001 bytes, now 300000",
            () -> file.read(position, MemorySegment.ofArray(new byte[300_000])));
      }
      assertMessage("was changed while it was read", file::requireUnchanged);
    }
  }

  private void cut(long size) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  @Test
  void contentOfTheSameSizeIsToldByItsTime() throws IOException {
    try (PositionedFile file = PositionedFile.open(path)) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[] {1}), 7);
      }
      // Tests are faster than some file systems' clocks.
      Files.setLastModifiedTime(path, FileTime.fromMillis(System.currentTimeMillis() + 1000));
      assertMessage("was changed while it was read", file::requireUnchanged);
    }
  }

  @Test
  void whatGrowsIsToldAsWell() throws IOException {
    try (PositionedFile file = PositionedFile.open(path)) {
      Files.write(path, new byte[] {1}, StandardOpenOption.APPEND);
      assertMessage("was changed while it was read", file::requireUnchanged);
    }
  }

  /** How files should be replaced: whoever has the old one open goes on with it. */
  @Test
  void anotherFileUnderTheNameDoesNotMatter() throws IOException {
    try (PositionedFile file = PositionedFile.open(path)) {
      Path other = Files.write(folder.resolve("other"), new byte[] {1, 2, 3});
      Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
      byte[] all = new byte[SIZE];
      file.read(0, MemorySegment.ofArray(all));
      assertArrayEquals(content, all);
      file.requireUnchanged();
      Files.delete(path);
      file.read(0, MemorySegment.ofArray(all));
      file.requireUnchanged();
    }
  }

  @Test
  void anInterruptEndsTheReadingOfItsThreadOnly() throws IOException {
    try (PositionedFile file = PositionedFile.open(path)) {
      byte[] all = new byte[SIZE];
      for (int round = 0; round < 3; round++) {
        Thread.currentThread().interrupt();
        assertThrows(
            CancellationException.class, () -> file.read(0, MemorySegment.ofArray(new byte[1])));
        assertTrue(Thread.interrupted());
        file.read(0, MemorySegment.ofArray(all));
        assertArrayEquals(content, all);
      }
    }
  }

  @Test
  void manyReadWhileSomeAreInterrupted() throws Exception {
    try (PositionedFile file = PositionedFile.open(path);
        ExecutorService readers = Executors.newFixedThreadPool(6)) {
      List<Future<Integer>> done = new ArrayList<>();
      for (int reader = 0; reader < 6; reader++) {
        boolean interrupted = reader % 2 == 0;
        done.add(readers.submit(() -> readOften(file, interrupted)));
      }
      for (int reader = 0; reader < 6; reader++) {
        assertEquals(reader % 2 == 0 ? 50 : 0, done.get(reader).get());
      }
    }
  }

  private int readOften(PositionedFile file, boolean interrupted) throws IOException {
    int cancelled = 0;
    byte[] all = new byte[SIZE];
    for (int round = 0; round < 50; round++) {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      try {
        file.read(0, MemorySegment.ofArray(all));
        assertArrayEquals(content, all);
      } catch (CancellationException e) {
        cancelled++;
        assertTrue(Thread.interrupted());
      }
    }
    return cancelled;
  }

  @Test
  void afterAnInterruptAnotherFileUnderTheNameIsNotTakenForIt() throws IOException {
    try (PositionedFile file = PositionedFile.open(path)) {
      Path other = Files.write(folder.resolve("other"), new byte[SIZE]);
      Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
      MemorySegment to = MemorySegment.ofArray(new byte[1]);
      Thread.currentThread().interrupt();
      assertThrows(CancellationException.class, () -> file.read(0, to));
      assertTrue(Thread.interrupted());
      for (int i = 0; i < 2; i++) {
        assertMessage("was changed or replaced while it was read", () -> file.read(0, to));
      }
    }
  }

  @Test
  void aClosedFileIsNotRead() throws IOException {
    PositionedFile file = PositionedFile.open(path);
    file.close();
    file.close();
    assertThrows(
        IllegalStateException.class, () -> file.read(0, MemorySegment.ofArray(new byte[1])));
  }

  @Test
  void opensRegularFilesOnly() throws IOException {
    assertMessage("is a directory", () -> PositionedFile.open(folder));
    assertMessage("does not exist", () -> PositionedFile.open(folder.resolve("none")));
    assertMessage("is not a regular file", () -> PositionedFile.open(Path.of("/dev/zero")));
    try (PositionedFile empty = PositionedFile.open(Files.createFile(folder.resolve("empty")))) {
      assertEquals(0, empty.size());
      empty.read(0, MemorySegment.ofArray(new byte[0]));
    }
  }

  private static void assertMessage(String message, Executable action) {
    assertEquals(message, assertThrows(IOException.class, action).getMessage());
  }
}
