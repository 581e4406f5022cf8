package gpt2j.bench.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** By the ticks of others that the system would tell. */
class HostWatchTest {
  private static final long MILLI = 1_000_000;

  /** Looks at milliseconds and ticks of others, in turn. */
  private static HostWatch watch(long... millisAndTicks) {
    Deque<OtherLoad> looks = new ArrayDeque<>();
    for (int i = 0; i < millisAndTicks.length; i += 2) {
      looks.add(new OtherLoad(millisAndTicks[i] * MILLI, OptionalLong.of(millisAndTicks[i + 1])));
    }
    return new HostWatch(looks::removeFirst);
  }

  @Test
  void othersCoresAreTheirTicksByTheTime() {
    HostWatch watch = watch(0, 1000, 500, 1100, 2500, 1400);
    Supplier<OptionalDouble> others = watch.others();
    assertEquals(1.5, others.get().getAsDouble(), 1e-9); // 300 hundredths in 2 seconds
  }

  /** A tick more or less in 20 ms would be half a core: at least a second is looked at. */
  @Test
  void whatIsShortIsSeenTogetherWithTheSecondBefore() {
    HostWatch watch = watch(0, 0, 700, 10, 720, 12, 1500, 30, 1520, 31, 1800, 60, 1830, 61);
    assertEquals(12 / 100.0 / 0.72, watch.others().get().getAsDouble(), 1e-9); // all there is
    assertEquals(31 / 100.0 / 1.52, watch.others().get().getAsDouble(), 1e-9);
    assertEquals((61 - 10) / 100.0 / 1.13, watch.others().get().getAsDouble(), 1e-9);
  }

  @Test
  void nothingIsSaidOfAMoment() {
    assertTrue(watch(0, 0, 10, 1, 30, 2).others().get().isEmpty());
  }

  @Test
  void ownWorkIsNotOthers() {
    HostWatch watch = new HostWatch();
    Supplier<OptionalDouble> others = watch.others();
    double[] sums = new double[1];
    long end = System.nanoTime() + 300 * MILLI;
    while (System.nanoTime() < end) {
      sums[0] += Math.sin(sums[0]);
    }
    OptionalDouble cores = others.get();
    assertTrue(
        cores.isEmpty() || cores.getAsDouble() >= 0, () -> cores + " " + Arrays.toString(sums));
  }
}
