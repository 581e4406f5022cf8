package gpt2j.backend.cuda.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.backend.cuda.driver.Natives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asking for another version of a library, tried with JCuda's own library and the real loader. */
class ElfVersionRenameTest {
  private static final String ASKED = "libcublas.so.12";
  private static final String OTHER = "libcublas.so.77"; // there is none

  @TempDir private Path folder;

  private static byte[] library() throws IOException {
    AtomicReference<byte[]> bytes = new AtomicReference<>();
    Natives.initialize(
        "JCublas2",
        library -> {
          bytes.set(library);
          return library;
        },
        () -> {});
    return bytes.get();
  }

  @Test
  void theLoaderLooksForTheOtherVersion() throws IOException {
    Path file = folder.resolve("renamed.so");
    Files.write(file, ElfVersionRename.of(library(), ASKED, OTHER));
    UnsatisfiedLinkError missing =
        assertThrows(UnsatisfiedLinkError.class, () -> System.load(file.toString()));
    assertTrue(missing.getMessage().contains(OTHER + ": cannot open"), missing.getMessage());
  }

  @Test
  void nothingMovesAndItCanBeUndone() throws IOException {
    byte[] before = library();
    byte[] after = ElfVersionRename.of(before, ASKED, OTHER);
    assertEquals(before.length, after.length);
    assertFalse(Arrays.equals(before, after));
    assertTrue(Arrays.equals(before, ElfVersionRename.of(after, OTHER, ASKED)), "there and back");
  }

  @Test
  void hashesAreThoseOfTheLoader() {
    assertEquals(0x0d696910, ElfVersionRename.hash("GLIBC_2.0"));
    assertEquals(0x09691a75, ElfVersionRename.hash("GLIBC_2.2.5"));
  }

  @Test
  void whatIsNotNeededCannotBeRenamed() throws IOException {
    byte[] library = library();
    assertThrows(
        IllegalArgumentException.class,
        () -> ElfVersionRename.of(library, "libnothing.so.1", "libnothing.so.2"));
    assertThrows(
        IllegalArgumentException.class,
        () -> ElfVersionRename.of(library, ASKED, "libcublas.so.130"));
  }
}
