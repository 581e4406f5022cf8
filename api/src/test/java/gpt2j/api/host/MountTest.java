package gpt2j.api.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountTest {
  @TempDir private Path folder;

  @Test
  void readsLinuxListOfMounts() throws IOException {
    Path list = folder.resolve("mountinfo");
    Files.writeString(
        list,
        """
        36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue
        27 1 254:0 / /a\\040folder\\011x ro,noexec - tmpfs tmpfs rw
        35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        this is no mount
        1 2 3 - 4
        """);

    assertEquals(
        List.of(
            new Mount(
                "/mnt1",
                Path.of("/mnt2"),
                Set.of("rw", "noatime"),
                "ext3",
                Set.of("rw", "errors=continue")),
            new Mount("/", Path.of("/a folder\tx"), Set.of("ro", "noexec"), "tmpfs", Set.of("rw")),
            new Mount(
                "/",
                Path.of("/sys/fs/cgroup/memory"),
                Set.of("rw"),
                "cgroup",
                Set.of("rw", "memory"))),
        Mount.all(list));
    assertEquals(List.of(), Mount.all(folder.resolve("none")));
  }
}
