package gpt2j.model.gpt2.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.files.FaultyDisk.Killed;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories and files that are whole or not there, whatever happens. */
class NewDirectoryTest {
  private static final byte[] CONTENT = {1, 2, 3, 4};

  @TempDir private Path folder;
  private Path target = Path.of("");

  @BeforeEach
  void choose() {
    target = folder.resolve("new");
  }

  private void write(Disk disk) throws IOException {
    try (NewDirectory directory = NewDirectory.create(target, disk)) {
      directory.write("a", CONTENT);
      Files.write(directory.path().resolve("b"), CONTENT);
      directory.commit();
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void assertWhole() throws IOException {
    assertEquals(List.of("new"), names(folder));
    assertEquals(List.of("a", "b"), names(target));
    for (String name : names(target)) {
      assertEquals(CONTENT.length, Files.size(target.resolve(name)));
    }
  }

  @Test
  void everyOperationMayFail() throws IOException {
    FaultyDisk counting = FaultyDisk.counting();
    write(counting);
    assertWhole();
    for (int operation = 1; operation <= counting.operations(); operation++) {
      new Disk().delete(target);
      FaultyDisk disk = FaultyDisk.failing(operation);
      try {
        write(disk);
      } catch (IOException e) {
        assertEquals("No space left on device", e.getMessage());
      }
      if (!names(folder).isEmpty()) {
        assertWhole();
      }
    }
  }

  @Test
  void whatAKillLeavesGoesTheNextTime() throws IOException {
    FaultyDisk counting = FaultyDisk.counting();
    write(counting);
    int leftovers = 0;
    for (int operation = 1; operation <= counting.operations(); operation++) {
      new Disk().delete(target);
      FaultyDisk disk = FaultyDisk.killing(operation);
      assertThrows(Killed.class, () -> write(disk));
      if (Files.exists(target)) {
        assertWhole();
        new Disk().delete(target);
      }
      List<String> left = names(folder);
      leftovers += left.size();
      write(new Disk());
      boolean hasName = left.isEmpty() || isLocked(left.getFirst());
      if (hasName) {
        assertWhole();
      }
      for (String name : left) {
        new Disk().delete(folder.resolve(name));
      }
    }
    assertTrue(leftovers > 3, () -> "too few leftovers to show anything");
  }

  /** Whether it isn't from before it was locked, or the moment before it was to get its name. */
  private boolean isLocked(String name) {
    return !Files.isDirectory(folder.resolve(name))
        || Files.exists(folder.resolve(name).resolve(ProcessLock.NAME));
  }

  @Test
  void whatIsBeingWrittenIsNoLeftover() throws IOException {
    try (NewDirectory first = NewDirectory.create(target)) {
      first.write("a", CONTENT);
      try (NewDirectory second = NewDirectory.create(target)) {
        second.write("a", CONTENT);
        Files.write(first.path().resolve("b"), CONTENT);
        first.commit();
        IOException e = assertThrows(IOException.class, second::commit);
        assertEquals("the directory isn't empty; choose a new one", e.getMessage());
      }
    }
    assertWhole();
  }

  @Test
  void aLinkToAnEmptyDirectoryStays() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real"));
    Files.createSymbolicLink(target, real);
    write(new Disk());
    assertTrue(Files.isSymbolicLink(target));
    assertEquals(List.of("a", "b"), names(real));
  }

  @Test
  void aProcessThatEndsWaitsForTheNameOrTakesAllAway() throws Exception {
    Path partial = Files.createDirectory(folder.resolve(".partial"));
    Files.write(partial.resolve("a"), CONTENT);
    var moving = new CountDownLatch(1);
    Disk disk = new Disk();
    try (Unfinished unfinished = new Unfinished(partial, disk, null)) {
      var end =
          CompletableFuture.runAsync(
              () -> {
                await(moving);
                unfinished.deleteAtTheEnd();
              });
      unfinished.commit(
          () -> {
            moving.countDown();
            sleep(1500); // longer than the end of the process waits
            disk.move(partial, target);
          });
      end.join();
    }
    assertEquals(List.of("a"), names(target));

    Files.createDirectory(partial);
    try (Unfinished unfinished = new Unfinished(partial, disk, null)) {
      unfinished.deleteAtTheEnd();
      assertThrows(IOException.class, () -> unfinished.commit(() -> disk.move(partial, target)));
    }
    assertEquals(List.of("new"), names(folder));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aFileAppearsWholeAndReplacesNone() throws IOException {
    try (NewFile file = NewFile.create(target);
        NewFile late = NewFile.create(target)) {
      file.stream().write(CONTENT);
      late.stream().write(CONTENT, 0, 1);
      assertTrue(Files.notExists(target));
      file.commit();
      assertThrows(FileAlreadyExistsException.class, late::commit);
    }
    assertEquals(List.of("new"), names(folder));
    assertEquals(CONTENT.length, Files.size(target));
    assertThrows(FileAlreadyExistsException.class, () -> NewFile.create(target));
  }

  @Test
  void whatIsLeftOfAFileGoesTheNextTime() throws IOException {
    Files.write(folder.resolve(".new.partial-1"), CONTENT);
    Files.write(folder.resolve(".other.partial-1"), CONTENT);
    NewFile.create(target).close();
    assertEquals(List.of(".other.partial-1"), names(folder));
  }

  @Test
  void aReplacementThatFailsLeavesWhatWasThere() throws IOException {
    FaultyDisk counting = FaultyDisk.counting();
    counting.replace(target, CONTENT);
    byte[] other = {5};
    for (int operation = 1; operation <= counting.operations(); operation++) {
      FaultyDisk disk = FaultyDisk.failing(operation);
      assertThrows(IOException.class, () -> disk.replace(target, other));
      assertEquals(List.of("new"), names(folder));
      boolean replaced = operation == counting.operations();
      assertEquals(replaced ? other.length : CONTENT.length, Files.size(target));
    }
  }
}
