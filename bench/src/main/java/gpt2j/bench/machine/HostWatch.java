package gpt2j.bench.machine;

import gpt2j.bench.context.MachineWatch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/**
 * Watches the machine that this runs on. The system counts time on its processors in hundredths of
 * a second, so what took less than a second is seen together with what came before it.
 */
public final class HostWatch implements MachineWatch {
  private static final long SECOND = 1_000_000_000L;

  private final Supplier<OtherLoad> look;
  private final Deque<OtherLoad> looks = new ArrayDeque<>(); // the oldest first
  private boolean probed;

  /** Begins to watch. */
  public HostWatch() {
    this(OtherLoad::now);
  }

  HostWatch(Supplier<OtherLoad> look) {
    this.look = look;
    looks.add(look.get());
  }

  @Override
  public Supplier<OptionalDouble> others() {
    OtherLoad begun = look.get();
    looks.add(begun);
    return () -> {
      OtherLoad now = look.get();
      while (looks.size() > 1 && second(looks).nanos() <= now.nanos() - SECOND) {
        looks.removeFirst();
      }
      boolean isLong = begun.nanos() <= now.nanos() - SECOND;
      return now.coresSince(isLong ? begun : looks.getFirst());
    };
  }

  private static OtherLoad second(Deque<OtherLoad> looks) {
    return looks.stream().skip(1).findFirst().orElseThrow();
  }

  @Override
  public OptionalDouble readBandwidth(int threads) {
    HostProbe probe = new HostProbe(threads);
    if (!probed) { // until the loops are compiled
      probe.bandwidth();
      probed = true;
    }
    return OptionalDouble.of(probe.briefBandwidth());
  }
}
