package gpt2j.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The peak of a process's resident memory over a stretch of time: Linux's {@code VmHWM}, which is
 * set back at the beginning. Mapped files count, and so does the heap.
 */
public final class ResidentMemory {
  private static final String RESET_PEAK = "5";
  private static final long KIB = 1024;

  private ResidentMemory() {}

  /** Begins a stretch of this process; returns whether the system lets it begin. */
  public static boolean reset() {
    return reset(ProcessHandle.current().pid());
  }

  /** Begins a stretch of any process of this user. */
  public static boolean reset(long pid) {
    try {
      Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), RESET_PEAK);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The peak in bytes since {@link #reset()}, or since the process began. */
  public static OptionalLong peak() {
    return peak(ProcessHandle.current().pid());
  }

  /** The peak of any process of this user; empty also when it has ended. */
  public static OptionalLong peak(long pid) {
    String text = Machines.find("/proc/" + pid + "/status", "VmHWM", "");
    return text.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(KIB * Long.parseLong(text.split(" ")[0]));
  }
}
