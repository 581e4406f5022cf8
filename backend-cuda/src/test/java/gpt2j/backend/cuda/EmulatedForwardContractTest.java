package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/** The contract on the emulated driver, threads lowest first. */
final class EmulatedForwardContractTest extends EmulatedContract {
  EmulatedForwardContractTest() {
    super(ThreadOrder.FORWARD);
  }
}
