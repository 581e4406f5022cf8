import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Applies google-java-format to every Java source of the project, or checks that it was applied.
 *
 * <p>A program of its own because the formatter parses with the compiler of the JDK that runs it:
 * inside a Maven that runs on an older JDK it could not read this project's sources.
 */
final class Format {
  private enum Verdict {
    CLEAN,
    UNFORMATTED,
    INVALID
  }

  private static final Set<String> SKIPPED = Set.of(".git", "target");

  private Format() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2 || !List.of("check", "apply").contains(arguments[0])) {
      System.err.println("usage: Format.java check|apply ROOT");
      System.exit(2);
    }
    var apply = arguments[0].equals("apply");
    var root = Path.of(arguments[1]);
    var verdicts = sources(root).parallelStream().map(source -> format(source, apply)).toList();
    if (verdicts.contains(Verdict.UNFORMATTED)) {
      System.err.println("Format the sources above with: mvn -q -N verify -Pformat");
    }
    if (verdicts.stream().anyMatch(verdict -> verdict != Verdict.CLEAN)) {
      System.exit(1);
    }
  }

  private static List<Path> sources(Path root) throws IOException {
    var sources = new ArrayList<Path>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return SKIPPED.contains(folder.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return sources;
  }

  private static Verdict format(Path source, boolean apply) {
    try {
      var text = Files.readString(source);
      var formatted = new Formatter().formatSourceAndFixImports(text);
      if (formatted.equals(text)) {
        return Verdict.CLEAN;
      }
      if (apply) {
        Files.writeString(source, formatted);
        return Verdict.CLEAN;
      }
      System.err.println(source + ": not formatted");
      return Verdict.UNFORMATTED;
    } catch (FormatterException | IOException e) {
      System.err.println(source + ": " + e.getMessage());
      return Verdict.INVALID;
    }
  }
}
