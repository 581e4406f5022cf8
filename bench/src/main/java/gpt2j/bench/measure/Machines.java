package gpt2j.bench.measure;

import gpt2j.bench.result.setup.MachineDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Describes the machine that this runs on. */
final class Machines {
  private Machines() {}

  static MachineDescription here() {
    Runtime runtime = Runtime.getRuntime();
    return new MachineDescription(
        find("/proc/cpuinfo", "model name", System.getProperty("os.arch")),
        runtime.availableProcessors(),
        1024 * Long.parseLong(find("/proc/meminfo", "MemTotal", "0 kB").split(" ")[0]),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.version") + ", " + System.getProperty("java.vm.name"));
  }

  /** What follows the colon in the first line that begins with {@code name}. */
  static String find(String file, String name, String otherwise) {
    try (Stream<String> lines = Files.lines(Path.of(file), StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(otherwise);
    } catch (IOException | UncheckedIOException e) { // a process may end while it is looked at
      return otherwise;
    }
  }
}
