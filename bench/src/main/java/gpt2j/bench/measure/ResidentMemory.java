package gpt2j.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The peak of this process's resident memory over a stretch of time: Linux's {@code VmHWM}, which
 * is set back at the beginning. Mapped files count, and so does the heap.
 */
public final class ResidentMemory {
  private static final Path RESET = Path.of("/proc/self/clear_refs");
  private static final String RESET_PEAK = "5";
  private static final long KIB = 1024;

  private ResidentMemory() {}

  /** Begins a stretch; returns whether the system lets it begin. */
  public static boolean reset() {
    try {
      Files.writeString(RESET, RESET_PEAK);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The peak in bytes since {@link #reset}, or since the process began. */
  public static OptionalLong peak() {
    String text = Machines.find("/proc/self/status", "VmHWM", "");
    return text.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(KIB * Long.parseLong(text.split(" ")[0]));
  }
}
