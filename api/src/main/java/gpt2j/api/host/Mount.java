package gpt2j.api.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A file system where it is mounted, as Linux lists it in {@code /proc/self/mountinfo}.
 *
 * @param root the folder of the file system that is seen here
 * @param point where it is seen
 * @param options of this mount: {@code ro}, {@code noexec}, …
 * @param type of the file system
 * @param typeOptions what the file system adds; of a version 1 control group, its controllers
 */
public record Mount(
    String root, Path point, Set<String> options, String type, Set<String> typeOptions) {
  private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");

  /** All mounts, each hiding those before it at the same place; none where there is no list. */
  public static List<Mount> all(Path mountinfo) {
    List<Mount> mounts = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(mountinfo)) {
        String[] halves = line.split(" - ", 2);
        String[] here = halves[0].split(" ");
        String[] there = halves.length == 2 ? halves[1].split(" ") : new String[0];
        if (here.length >= 6 && there.length >= 3) {
          mounts.add(
              new Mount(
                  plain(here[3]),
                  Path.of(plain(here[4])),
                  Set.of(here[5].split(",")),
                  there[0],
                  Set.of(there[2].split(","))));
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    return mounts;
  }

  /** Spaces and their like are written as octal numbers. */
  private static String plain(String text) {
    return ESCAPED
        .matcher(text)
        .replaceAll(match -> String.valueOf((char) Integer.parseInt(match.group(1), 8)));
  }
}
