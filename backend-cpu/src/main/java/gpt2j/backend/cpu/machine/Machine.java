package gpt2j.backend.cpu.machine;

import gpt2j.api.DeviceInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;

/** What the operating system tells of the processor and its memory. */
public final class Machine {
  /** Measured on two cores: 128 rows cost as much each as 512. */
  private static final int PREFILL_ROWS = 256;

  private Machine() {}

  public static DeviceInfo describe() {
    HostMemory.Room memory = new HostMemory().room();
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("vector width", FloatVector.SPECIES_PREFERRED.vectorBitSize() + " bits");
    properties.put("logical cores", Integer.toString(logicalCores()));
    properties.put("architecture", System.getProperty("os.arch"));
    if (!memory.limit().isEmpty()) {
      properties.put("memory limit", memory.limit());
    }
    return new DeviceInfo(
        processorName(),
        memory.total(),
        memory.available(),
        physicalCores(),
        PREFILL_ROWS,
        properties);
  }

  /**
   * Cores that this process may use, counting the two hardware threads of one core once: a second
   * thread on a core has no memory bandwidth of its own.
   */
  static int physicalCores() {
    // Each processor's entry names its package first and its core some lines later.
    Set<String> cores = new HashSet<>();
    String socket = "";
    for (String line : lines(Path.of("/proc/cpuinfo")).toList()) {
      if (line.startsWith("physical id")) {
        socket = line;
      } else if (line.startsWith("core id")) {
        cores.add(socket + line);
      }
    }
    return cores.isEmpty() ? logicalCores() : Math.min(cores.size(), logicalCores());
  }

  private static int logicalCores() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static String processorName() {
    return lines(Path.of("/proc/cpuinfo"))
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      return Stream.empty(); // not Linux: the callers have an answer for that
    }
  }
}
