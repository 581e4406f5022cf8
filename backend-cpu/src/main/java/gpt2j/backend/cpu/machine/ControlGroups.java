package gpt2j.backend.cpu.machine;

import gpt2j.api.host.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What Linux's control groups let this process have: containers and services are limited by them. A
 * process that goes beyond is killed without a word. Of both versions, and of every group above
 * ours, for each limits what is below it.
 */
final class ControlGroups {
  private final List<Group> groups;

  private ControlGroups(List<Group> groups) {
    this.groups = groups;
  }

  /**
   * What is left in the tightest group.
   *
   * @param limit bytes that the group may have
   * @param available bytes that it may still take
   * @param group its folder
   */
  public record Room(long limit, long available, Path group) {}

  /**
   * The groups of a process.
   *
   * @param process its folder below {@code /proc}, with the files {@code cgroup} and {@code
   *     mountinfo}
   */
  static ControlGroups of(Path process) {
    List<Mount> mounts = Mount.all(process.resolve("mountinfo"));
    List<Group> groups = new ArrayList<>();
    for (String line : lines(process.resolve("cgroup"))) {
      String[] parts = line.split(":", 3); // number, controllers, path
      if (parts.length < 3) {
        continue;
      }
      boolean second = parts[1].isEmpty();
      if (second || List.of(parts[1].split(",")).contains("memory")) {
        mounts.stream()
            .filter(
                second
                    ? mount -> mount.type().equals("cgroup2")
                    : mount ->
                        mount.type().equals("cgroup") && mount.typeOptions().contains("memory"))
            .reduce((first, last) -> last)
            .ifPresent(mount -> add(groups, mount, parts[2], second));
      }
    }
    return new ControlGroups(groups);
  }

  /** A group and those above it, as far as they are to be seen from here. */
  private static void add(List<Group> groups, Mount mount, String path, boolean second) {
    Path root = Path.of(mount.root());
    Path own = Path.of(path).normalize();
    // Where only a part of all groups is mounted, ours may lie elsewhere: then the part's top is
    // the group of this container.
    Path below = own.startsWith(root) ? root.relativize(own) : Path.of("");
    Path folder = mount.point().resolve(below).normalize();
    for (Path at = folder; at != null && at.startsWith(mount.point()); at = at.getParent()) {
      groups.add(new Group(at, second));
    }
  }

  /** What the tightest limit leaves; empty where there is no limit. */
  Optional<Room> room() {
    return groups.stream()
        .map(Group::room)
        .flatMap(Optional::stream)
        .reduce((one, other) -> other.available() < one.available() ? other : one);
  }

  private record Group(Path folder, boolean second) {
    Optional<Room> room() {
      long limit =
          second
              ? Math.min(number("memory.max"), number("memory.high"))
              : number("memory.limit_in_bytes");
      long used = number(second ? "memory.current" : "memory.usage_in_bytes");
      if (limit == Long.MAX_VALUE || used == Long.MAX_VALUE) {
        return Optional.empty();
      }
      long available = limit - Math.max(0, used - reclaimable());
      return Optional.of(new Room(limit, Math.max(0, available), folder));
    }

    /** The number in a file; for {@code max}, and where there is none, the largest there is. */
    private long number(String file) {
      return lines(folder.resolve(file)).stream()
          .findFirst()
          .filter(line -> line.matches("\\d{1,18}"))
          .map(Long::parseLong)
          .orElse(Long.MAX_VALUE);
    }

    /** Pages of files, which the kernel takes back before it kills anybody. */
    private long reclaimable() {
      Map<String, Long> statistics =
          lines(folder.resolve("memory.stat")).stream()
              .map(line -> line.split(" "))
              .filter(words -> words.length == 2 && words[1].matches("\\d{1,18}"))
              .collect(
                  Collectors.toMap(
                      words -> words[0], words -> Long.parseLong(words[1]), (a, b) -> b));
      String prefix = second ? "" : "total_"; // with the groups below
      return Stream.of("inactive_file", "active_file")
          .mapToLong(entry -> statistics.getOrDefault(prefix + entry, 0L))
          .sum();
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // no such controller, or not to be seen from here
    }
  }
}
