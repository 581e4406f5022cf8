package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/** The contract on the emulated driver, threads by lot. */
final class EmulatedRandomContractTest extends EmulatedContract {
  EmulatedRandomContractTest() {
    super(ThreadOrder.RANDOM);
  }
}
