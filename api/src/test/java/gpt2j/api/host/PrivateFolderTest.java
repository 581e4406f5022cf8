package gpt2j.api.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrivateFolderTest {
  private static final int NOBODY = 65534;

  @TempDir private Path parent;

  @BeforeEach
  void closeParent() throws IOException {
    parent = parent.toRealPath();
    setMode(parent, "rwxr-xr-x");
  }

  @Test
  void isMadeForThisUserAlone() throws IOException {
    Path folder = PrivateFolder.open(parent.resolve("a/b"));

    assertEquals(parent.resolve("a/b"), folder);
    assertEquals("rwx------", mode(folder));
    assertEquals("rwx------", mode(folder.getParent()));
    assertEquals(folder, PrivateFolder.open(folder), "again");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxr-x", "rwxr-xrwx", "rwxrwxrwx", "rwx-w----", "rwx----w-"})
  void refusesWhatOthersCanWriteTo(String mode) throws IOException {
    Path folder = Files.createDirectories(parent.resolve("a/b/c"));
    for (Path open : new Path[] {folder, folder.getParent(), folder.getParent().getParent()}) {
      setMode(open, mode);
      assertRefused(folder, open + " can be written to by others");
      setMode(open, "rwxr-xr-x");
    }
    PrivateFolder.open(folder);
  }

  /** A library that others can overwrite, or a folder of libraries. */
  @Test
  void refusesWhatOthersCanWriteToInIt() throws IOException {
    Path folder = PrivateFolder.open(parent.resolve("natives"));
    Path library = Files.createDirectories(folder.resolve("x/y")).resolve("lib.so");
    Files.createFile(library);
    setMode(library, "rw-rw-rw-");
    PrivateFolder.open(folder); // nobody else gets there

    setMode(folder, "rwxr-xr-x");
    assertRefused(folder, library + " can be written to by others");
    setMode(library, "rw-r--r--");
    setMode(library.getParent(), "rwxrwxr-x");
    assertRefused(folder, library.getParent() + " can be written to by others");
    setMode(library.getParent(), "rwxr-xr-x");
    PrivateFolder.open(folder);
  }

  /** As root alone can try it. */
  @Test
  void refusesWhatBelongsToAnotherUser() throws IOException {
    Path folder = PrivateFolder.open(parent.resolve("a/natives"));
    Path library = Files.createFile(folder.resolve("lib.so"));
    Path link = Files.createSymbolicLink(folder.resolve("link.so"), Path.of("lib.so"));
    assumeTrue((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0, "not root");
    for (Path foreign : new Path[] {folder.getParent(), folder, library, link}) {
      setOwner(foreign, NOBODY);
      assertRefused(folder, foreign + " belongs to another user");
      setOwner(foreign, 0);
    }
    PrivateFolder.open(folder);
  }

  /** What counts is where a link leads to, and that is what is used from then on. */
  @Test
  void looksBehindLinks() throws IOException {
    Path open = Files.createDirectories(parent.resolve("open"));
    Path folder = Files.createDirectories(open.resolve("natives"));
    Path link = Files.createSymbolicLink(parent.resolve("link"), folder);
    assertEquals(folder, PrivateFolder.open(link));

    setMode(open, "rwxrwxrwx");
    assertRefused(link, open + " can be written to by others");
  }

  @Test
  void refusesWhatIsNoFolder() throws IOException {
    Path file = Files.createFile(parent.resolve("file"));
    assertRefused(file, file.toString());
    assertRefused(file.resolve("below"), file.toString());
    assertRefused(Path.of("/proc/gpt2j"), "/proc/gpt2j");
  }

  @Test
  void temporaryOnesAreEachUsersOwn() throws IOException {
    Path folder = PrivateFolder.temporary("gpt2j-test-");
    try {
      assertEquals("rwx------", mode(folder));
      Files.createDirectories(folder.resolve("x/y"));
      Files.createFile(folder.resolve("x/y/lib.so"));
      PrivateFolder.empty(folder);
      assertTrue(Files.isDirectory(folder));
      assertFalse(Files.exists(folder.resolve("x")));
    } finally {
      PrivateFolder.remove(folder);
    }
    assertFalse(Files.exists(folder));
  }

  private static void assertRefused(Path folder, String reason) {
    String message =
        String.valueOf(
            assertThrows(IOException.class, () -> PrivateFolder.open(folder)).getMessage());
    assertTrue(message.contains(reason), message);
    assertEquals(1, message.lines().count(), message);
  }

  private static void setOwner(Path path, int user) throws IOException {
    Files.setAttribute(path, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
  }

  private static void setMode(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
