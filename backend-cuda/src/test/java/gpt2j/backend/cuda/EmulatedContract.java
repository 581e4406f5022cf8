package gpt2j.backend.cuda;

import gpt2j.api.BackendProvider;
import gpt2j.cuda.emulator.Emulator;
import gpt2j.cuda.emulator.ThreadOrder;
import gpt2j.testkit.BackendContract;
import gpt2j.testkit.Feature;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract of backends on the emulated driver, in one order of threads. */
abstract class EmulatedContract extends BackendContract {
  /** Comes after the contract has closed its backend, which methods of this class don't. */
  @RegisterExtension
  static final AfterAllCallback EVERYTHING_IS_GIVEN_BACK = Emulation::assertNothingLeftBy;

  private final Emulator emulator = Emulation.start();

  EmulatedContract(ThreadOrder order) {
    emulator.threadOrder(order);
  }

  @Override
  protected BackendProvider provider() {
    return new CudaBackendProvider();
  }

  @Override
  protected Set<Feature> unsupported() {
    return Set.of(Feature.WEIGHTS_Q8_0, Feature.WEIGHTS_Q4_0, Feature.CACHE_Q8_0);
  }

  @Override
  protected int draws(int full) {
    return full / 10; // more than half of the time would go into drawing otherwise
  }

  @AfterEach
  void nothingWentWrong() {
    Emulation.assertNoProblems();
  }
}
