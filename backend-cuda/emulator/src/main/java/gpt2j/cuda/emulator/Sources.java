package gpt2j.cuda.emulator;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Sources of the driver and the kernels, by file name; all lie in one folder when they are
 * compiled.
 */
public final class Sources {
  private static final String FOLDER = "gpt2j/cuda/emulator/sources/";
  private static final Pattern INCLUDE =
      Pattern.compile("^\\s*#\\s*include\\s+\"([^\"]+)\"", Pattern.MULTILINE);

  private final SortedMap<String, String> files;

  private Sources(SortedMap<String, String> files) {
    this.files = files;
  }

  /** The sources as they were when this module was built. */
  public static Sources ofModule() {
    ModuleReference module =
        ModuleLayer.boot()
            .configuration()
            .findModule(Sources.class.getModule().getName())
            .orElseThrow()
            .reference();
    SortedMap<String, String> files = new TreeMap<>();
    try (ModuleReader reader = module.open()) {
      List<String> names;
      try (var all = reader.list()) {
        names = all.filter(name -> name.startsWith(FOLDER) && !name.endsWith("/")).toList();
      }
      for (String name : names) {
        try (InputStream in = reader.open(name).orElseThrow()) {
          files.put(
              name.substring(FOLDER.length()),
              new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("the emulator's sources can't be read", e);
    }
    return new Sources(files);
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
