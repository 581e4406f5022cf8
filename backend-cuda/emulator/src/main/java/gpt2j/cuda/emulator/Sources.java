package gpt2j.cuda.emulator;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Sources of the driver and the kernels, by file name; all lie in one folder when they are
 * compiled.
 */
public final class Sources {
  private static final String FOLDER = "gpt2j/cuda/emulator/";
  private static final Pattern INCLUDE =
      Pattern.compile("^\\s*#\\s*include\\s+\"([^\"]+)\"", Pattern.MULTILINE);

  private final SortedMap<String, String> files;

  private Sources(SortedMap<String, String> files) {
    this.files = files;
  }

  /** The sources as they were when this module was built. */
  public static Sources ofModule() {
    return ofModule("sources");
  }

  /** Those in one folder of this module's resources. */
  static Sources ofModule(String name) {
    String folder = FOLDER + name + "/";
    // On the module path or the class path, in a jar or a folder: tests meet all of them.
    try {
      Path home =
          Path.of(Sources.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return new Sources(Files.isDirectory(home) ? inFolder(home, folder) : inJar(home, folder));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException("the emulator's sources can't be read", e);
    }
  }

  private static SortedMap<String, String> inFolder(Path home, String folder) throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    try (Stream<Path> paths = Files.list(home.resolve(folder))) {
      for (Path path : paths.toList()) {
        files.put(path.getFileName().toString(), Files.readString(path));
      }
    }
    return files;
  }

  private static SortedMap<String, String> inJar(Path home, String folder) throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    try (ZipFile jar = new ZipFile(home.toFile())) {
      for (ZipEntry entry : jar.stream().filter(entry -> isSource(entry, folder)).toList()) {
        try (InputStream in = jar.getInputStream(entry)) {
          files.put(
              entry.getName().substring(folder.length()),
              new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
      }
    }
    return files;
  }

  private static boolean isSource(ZipEntry entry, String folder) {
    return entry.getName().startsWith(folder) && !entry.isDirectory();
  }

  /** All files by their names. */
  public Map<String, String> files() {
    return files;
  }

  /**
   * The same sources but for one text, as a test plants a bug.
   *
   * @throws IllegalArgumentException if the text is not in the file exactly once
   */
  public Sources with(String file, String text, String replacement) {
    String before = files.get(file);
    if (before == null) {
      throw new IllegalArgumentException("no source " + file);
    }
    int at = before.indexOf(text);
    if (at < 0 || before.indexOf(text, at + 1) >= 0) {
      throw new IllegalArgumentException(
          "%s has this text %s: %s".formatted(file, at < 0 ? "nowhere" : "more than once", text));
    }
    SortedMap<String, String> changed = new TreeMap<>(files);
    changed.put(file, before.substring(0, at) + replacement + before.substring(at + text.length()));
    return new Sources(changed);
  }

  /** The same sources and one more. */
  public Sources and(String file, String text) {
    SortedMap<String, String> more = new TreeMap<>(files);
    more.put(file, text);
    return new Sources(more);
  }

  /** Names of what is compiled by itself. */
  List<String> units() {
    return files.keySet().stream()
        .filter(name -> name.endsWith(".cpp") || name.endsWith(".cu"))
        .toList();
  }

  /** All that a unit is made from: its own text and those that it includes. */
  String contents(String unit) {
    TreeSet<String> seen = new TreeSet<>();
    List<String> open = new ArrayList<>(List.of(unit));
    while (!open.isEmpty()) {
      String name = open.removeLast();
      if (files.containsKey(name) && seen.add(name)) {
        INCLUDE.matcher(files.get(name)).results().forEach(match -> open.add(match.group(1)));
      }
    }
    StringBuilder contents = new StringBuilder();
    seen.forEach(name -> contents.append(name).append('\n').append(files.get(name)).append('\0'));
    return contents.toString();
  }
}
