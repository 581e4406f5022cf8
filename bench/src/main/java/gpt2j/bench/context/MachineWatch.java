package gpt2j.bench.context;

import java.util.OptionalDouble;
import java.util.function.Supplier;

/** Sees what else happens on the machine while something is measured. */
public interface MachineWatch {
  /** Sees nothing. */
  MachineWatch NONE =
      new MachineWatch() {
        @Override
        public Supplier<OptionalDouble> others() {
          return OptionalDouble::empty;
        }

        @Override
        public OptionalDouble readBandwidth(int threads) {
          return OptionalDouble.empty();
        }
      };

  /**
   * Begins a stretch of time. The supplier tells how many cores others have kept busy since, on
   * average; empty where the system doesn't tell.
   */
  Supplier<OptionalDouble> others();

  /** Bytes per second at which so many threads read the memory together now; takes a moment. */
  OptionalDouble readBandwidth(int threads);
}
