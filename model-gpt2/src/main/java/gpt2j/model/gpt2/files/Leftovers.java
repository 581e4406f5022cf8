package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Hidden names for what is written to the side, and the removal of such as a process left that was
 * killed. Names can't be guessed, since the place may be one where others write, too; what a
 * process still writes is locked.
 */
final class Leftovers {
  private static final String PARTIAL = ".partial-";

  private Leftovers() {}

  /** A new name beside the target's. */
  static Path newName(Path target) {
    return Disk.hidden(target, PARTIAL + UUID.randomUUID());
  }

  /** Deletes what ended processes left of the same target, as far as that works. */
  static void remove(Path target, Disk disk) {
    String start = Disk.hidden(target, PARTIAL).getFileName().toString();
    List<Path> all;
    try (Stream<Path> siblings = Files.list(target.getParent())) {
      all = siblings.filter(path -> path.getFileName().toString().startsWith(start)).toList();
    } catch (IOException e) {
      return;
    }
    for (Path leftover : all) {
      try (ProcessLock lock = ProcessLock.ofExisting(leftover).orElse(null)) {
        if (lock != null) {
          disk.delete(leftover);
        }
      } catch (IOException e) {
        // it is in nobody's way
      }
    }
  }
}
