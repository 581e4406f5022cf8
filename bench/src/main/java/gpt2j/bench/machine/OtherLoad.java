package gpt2j.bench.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The time that others have spent on the processors so far: the machine's without that of this
 * process and of those that it has started, by Linux's {@code /proc}.
 *
 * @param nanos when, by {@link System#nanoTime}
 * @param ticks of everybody else, in hundredths of a second; empty where the system doesn't tell
 */
record OtherLoad(long nanos, OptionalLong ticks) {
  private static final double TICKS_PER_SECOND = 100; // USER_HZ, the same on all of Linux
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double SHORTEST = 0.2; // seconds, below which a tick is too much

  // Of /proc/stat's first line, proc_stat(5): user, nice, system, then idle and iowait, which don't
  // count, irq, softirq, steal. What guests use is in user.
  private static final int[] BUSY = {1, 2, 3, 6, 7, 8};
  // Of /proc/PID/stat behind the name, counted from 0: utime, stime, cutime, cstime.
  private static final int USER = 11;
  private static final int CHILDREN_SYSTEM = 14;

  /** As of now. */
  static OtherLoad now() {
    return new OtherLoad(System.nanoTime(), others());
  }

  /** How many cores others have kept busy since, on average. */
  OptionalDouble coresSince(OtherLoad before) {
    double seconds = (nanos - before.nanos) / NANOS_PER_SECOND;
    return ticks.isEmpty() || before.ticks.isEmpty() || seconds < SHORTEST
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            Math.max(
                0, (ticks.getAsLong() - before.ticks.getAsLong()) / TICKS_PER_SECOND / seconds));
  }

  /** Ticks of everybody else. */
  private static OptionalLong others() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
      String[] fields = lines.findFirst().orElse("").split(" +");
      long all = Arrays.stream(BUSY).mapToLong(i -> Long.parseLong(fields[i])).sum();
      ProcessHandle self = ProcessHandle.current();
      return OptionalLong.of(
          all - Stream.concat(Stream.of(self), self.descendants()).mapToLong(OtherLoad::own).sum());
    } catch (IOException | RuntimeException e) { // not Linux's format
      return OptionalLong.empty();
    }
  }

  /** Ticks of a process and of those it has waited for; 0 when it has ended. */
  private static long own(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return LongStream.rangeClosed(USER, CHILDREN_SYSTEM)
          .map(i -> Long.parseLong(fields[(int) i]))
          .sum();
    } catch (IOException e) {
      return 0;
    }
  }
}
