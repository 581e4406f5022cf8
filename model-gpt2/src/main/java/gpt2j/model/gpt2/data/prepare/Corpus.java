package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.data.DataException;
import gpt2j.model.gpt2.files.Io;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files that documents come from, in their order.
 *
 * @param files text, or JSON lines where the name says so
 * @param skipped how many files of folders were passed over because of their names
 * @param bytes of all files together
 */
record Corpus(List<Path> files, int skipped, long bytes) {
  private static final Set<String> JSON_LINES = Set.of("jsonl", "ndjson");
  private static final Set<String> TEXT = Set.of("txt", "text", "md");

  /**
   * Finds the files.
   *
   * @param inputs files, and folders, of which all files are taken that have the name of a text or
   *     of JSON lines, in folders below too, sorted by path; hidden ones are not
   * @throws DataException when there is no such file, or none in a folder
   */
  static Corpus of(List<Path> inputs) {
    List<Path> files = new ArrayList<>();
    int skipped = 0;
    for (Path input : inputs) {
      if (Files.isDirectory(input)) {
        List<Path> all = filesIn(input);
        List<Path> taken = all.stream().filter(Corpus::isTaken).toList();
        if (taken.isEmpty()) {
          throw new DataException(input + ": has no files named *.txt, *.text, *.md or *.jsonl");
        }
        files.addAll(taken);
        skipped += all.size() - taken.size();
      } else {
        files.add(input);
      }
    }
    long bytes = 0;
    for (Path file : files) {
      bytes += size(file);
    }
    return new Corpus(List.copyOf(files), skipped, bytes);
  }

  private static boolean isTaken(Path file) {
    String ending = ending(file);
    return TEXT.contains(ending) || JSON_LINES.contains(ending);
  }

  /** Whether a file has a document in each line, as its name says. */
  static boolean isJsonLines(Path file) {
    return JSON_LINES.contains(ending(file));
  }

  private static String ending(Path file) {
    String name = file.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  private static List<Path> filesIn(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !isHidden(folder.relativize(file)))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new DataException(folder + ": " + Io.explain(e), e);
    } catch (UncheckedIOException e) {
      IOException cause = e.getCause();
      throw new DataException(folder + ": can't be read: " + cause.getMessage(), cause);
    }
  }

  private static boolean isHidden(Path relative) {
    for (Path part : relative) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static long size(Path file) {
    try {
      Io.requireRegularFile(file);
      return Files.size(file);
    } catch (IOException e) {
      throw new DataException(file + ": " + Io.explain(e), e);
    }
  }
}
