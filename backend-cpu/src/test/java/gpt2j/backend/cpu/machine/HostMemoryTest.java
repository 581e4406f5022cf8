package gpt2j.backend.cpu.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On copies of what Linux shows in {@code /proc} and of control groups. */
class HostMemoryTest {
  private static final long MIB = 1L << 20;

  @TempDir private Path root;

  @BeforeEach
  void makeMachine() throws IOException {
    write("proc/meminfo", "MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 4194304 kB\n");
  }

  @Test
  void isTheMachinesWhereNothingLimitsIt() {
    assertRoom(8192 * MIB, 4096 * MIB, "");
  }

  @Test
  void isThatOfTheSecondVersionsGroup() throws IOException {
    mounts("29 1 0:26 / %s/cgroup rw - cgroup2 cgroup rw");
    write("proc/self/cgroup", "0::/app\n");
    second("cgroup/app", "524288000", "max", 100 * MIB, 30 * MIB);

    assertRoom(500 * MIB, 430 * MIB, "control group " + root + "/cgroup/app");
  }

  @Test
  void countsWhatThrottlesToo() throws IOException {
    mounts("29 1 0:26 / %s/cgroup rw - cgroup2 cgroup rw");
    write("proc/self/cgroup", "0::/app\n");
    second("cgroup/app", "max", "104857600", 90 * MIB, 0);

    assertRoom(100 * MIB, 10 * MIB, "control group " + root + "/cgroup/app");
  }

  @Test
  void isThatOfTheTightestGroupAbove() throws IOException {
    mounts("29 1 0:26 / %s/cgroup rw - cgroup2 cgroup rw");
    write("proc/self/cgroup", "0::/slice/service/app\n");
    second("cgroup/slice/service/app", "max", "max", 10 * MIB, 0);
    second("cgroup/slice/service", "943718400", "max", 100 * MIB, 0);
    second("cgroup/slice", "1073741824", "max", 1000 * MIB, 0); // others have taken it

    assertRoom(1024 * MIB, 24 * MIB, "control group " + root + "/cgroup/slice");
  }

  @Test
  void nothingIsLeftWhereTheGroupHasMoreThanItMay() throws IOException {
    mounts("29 1 0:26 / %s/cgroup rw - cgroup2 cgroup rw");
    write("proc/self/cgroup", "0::/app\n");
    second("cgroup/app", "104857600", "max", 200 * MIB, 0);

    assertRoom(100 * MIB, 0, "control group " + root + "/cgroup/app");
  }

  @Test
  void isThatOfTheFirstVersionsGroup() throws IOException {
    mounts(
        "34 31 0:31 / %s/cpu rw - cgroup cgroup rw,cpu",
        "35 31 0:32 / %s/memory rw - cgroup cgroup rw,memory",
        "41 31 0:38 / %s/unified rw - cgroup2 cgroup2 rw");
    write("proc/self/cgroup", "4:memory:/docker/ab\n3:cpu,cpuset:/other\n0::/\n");
    first("memory/docker/ab", "524288000", 400 * MIB, 200 * MIB);
    first("memory/docker", "9223372036854771712", 400 * MIB, 200 * MIB);
    first("memory", "9223372036854771712", 4000 * MIB, 0);

    assertRoom(500 * MIB, 300 * MIB, "control group " + root + "/memory/docker/ab");
  }

  /** A container sees its own group as the top of the mount, and its path from outside. */
  @Test
  void findsTheGroupOfAContainer() throws IOException {
    mounts("35 31 0:32 /docker/ab %s/memory rw - cgroup cgroup rw,memory");
    write("proc/self/cgroup", "4:memory:/docker/ab\n");
    first("memory", "524288000", 400 * MIB, 0);
    assertRoom(500 * MIB, 100 * MIB, "control group " + root + "/memory");

    write("proc/self/cgroup", "4:memory:/docker/ab/inner\n");
    first("memory/inner", "419430400", 350 * MIB, 0);
    assertRoom(400 * MIB, 50 * MIB, "control group " + root + "/memory/inner");

    write("proc/self/cgroup", "4:memory:/elsewhere\n");
    assertRoom(500 * MIB, 100 * MIB, "control group " + root + "/memory");
  }

  @Test
  void isTheMachinesWhereGroupsSayNothing() throws IOException {
    mounts("29 1 0:26 / %s/cgroup rw - cgroup2 cgroup rw");
    assertRoom(8192 * MIB, 4096 * MIB, "");
    for (String lines : new String[] {"", "0::/app\n", "x\n::\n", "4:memory:/app\n"}) {
      write("proc/self/cgroup", lines);
      assertRoom(8192 * MIB, 4096 * MIB, "");
    }
    write("proc/self/cgroup", "0::/app\n");
    second("cgroup/app", "max", "max", 100 * MIB, 0);
    assertRoom(8192 * MIB, 4096 * MIB, "");
    write("cgroup/app/memory.max", "junk\n");
    assertRoom(8192 * MIB, 4096 * MIB, "");
    second("cgroup/app", "99999999999999", "max", 100 * MIB, 0); // more than the machine has
    assertRoom(8192 * MIB, 4096 * MIB, "");
  }

  @Test
  void countsTheLimitOfAddresses() throws IOException {
    write(
        "proc/self/limits",
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max stack size            8388608              unlimited            bytes
        Max address space         4096000000           unlimited            bytes
        """);
    write("proc/self/status", "Name: java\nVmSize:   3000000 kB\nVmRSS: 7 kB\n");
    assertRoom(4096000000L, 4096000000L - (3000000L << 10), "ulimit -v");

    write("proc/self/limits", "Max address space         unlimited            unlimited  bytes\n");
    assertRoom(8192 * MIB, 4096 * MIB, "");
  }

  private void assertRoom(long total, long available, String limit) {
    assertEquals(
        new HostMemory.Room(total, available, limit), new HostMemory(root.resolve("proc")).room());
  }

  private void mounts(String... lines) throws IOException {
    String all = String.join("\n", lines) + "\n";
    write("proc/self/mountinfo", all.replace("%s", root.toString()));
  }

  private void second(String group, String max, String high, long current, long files)
      throws IOException {
    write(group + "/memory.max", max + "\n");
    write(group + "/memory.high", high + "\n");
    write(group + "/memory.current", current + "\n");
    write(
        group + "/memory.stat",
        "anon 1\nfile 999999999\nshmem 5\ninactive_file %d\nactive_file %d\n"
            .formatted(files / 3, files - files / 3));
  }

  private void first(String group, String limit, long usage, long files) throws IOException {
    write(group + "/memory.limit_in_bytes", limit + "\n");
    write(group + "/memory.usage_in_bytes", usage + "\n");
    write(
        group + "/memory.stat",
        "inactive_file 7\nactive_file 7\ntotal_inactive_file %d\ntotal_active_file %d\n"
            .formatted(files / 3, files - files / 3));
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
