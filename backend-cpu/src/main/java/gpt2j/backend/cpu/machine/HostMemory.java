package gpt2j.backend.cpu.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much memory this process may have: the machine's, or less where a control group or {@code
 * ulimit -v} says so.
 */
public final class HostMemory {
  public static final String ADDRESS_LIMIT = "ulimit -v";

  private static final Pattern ADDRESS_SPACE =
      Pattern.compile("^Max address space +(\\d{1,18}) .*");
  private static final Pattern SIZE = Pattern.compile("^VmSize:\\s+(\\d+) kB");

  private final Path proc;
  private final ControlGroups groups;

  /** Reads {@code /proc}, or what a test has in its place. */
  HostMemory(Path proc) {
    this.proc = proc;
    groups = ControlGroups.of(proc.resolve("self"));
  }

  public HostMemory() {
    this(Path.of("/proc"));
  }

  /**
   * Some memory, and what limits it.
   *
   * @param total bytes that this process could have if nobody had any
   * @param available bytes that it can take without swapping
   * @param limit what sets the limit; empty when that is the machine
   */
  public record Room(long total, long available, String limit) {
    private Room tighter(long otherTotal, long otherAvailable, String other) {
      return new Room(
          Math.min(total, otherTotal),
          Math.min(available, otherAvailable),
          otherAvailable < available || otherTotal < total ? other : limit);
    }
  }

  public Room room() {
    Room room = new Room(machine("MemTotal:"), machine("MemAvailable:"), "");
    Optional<ControlGroups.Room> group = groups.room();
    if (group.isPresent()) {
      ControlGroups.Room tightest = group.get();
      room =
          room.tighter(tightest.limit(), tightest.available(), "control group " + tightest.group());
    }
    long most = addressSpace();
    if (most < Long.MAX_VALUE) {
      room = room.tighter(most, Math.max(0, most - addressesTaken()), ADDRESS_LIMIT);
    }
    return room;
  }

  private long machine(String entry) {
    return lines("meminfo").stream()
        .filter(line -> line.startsWith(entry))
        .map(line -> line.replaceAll("\\D", ""))
        .mapToLong(kibibytes -> Long.parseLong(kibibytes) << 10)
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }

  private long addressSpace() {
    return first("self/limits", ADDRESS_SPACE);
  }

  private long addressesTaken() {
    long kibibytes = first("self/status", SIZE);
    return kibibytes == Long.MAX_VALUE ? 0 : kibibytes << 10;
  }

  private long first(String file, Pattern pattern) {
    return lines(file).stream()
        .map(pattern::matcher)
        .filter(Matcher::find)
        .mapToLong(match -> Long.parseLong(match.group(1)))
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }

  private List<String> lines(String file) {
    try {
      return Files.readAllLines(proc.resolve(file));
    } catch (IOException e) {
      return List.of(); // not Linux: the callers have an answer for that
    }
  }
}
