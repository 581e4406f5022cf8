package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/** The contract on the emulated driver, threads highest first. */
final class EmulatedReverseContractTest extends EmulatedContract {
  EmulatedReverseContractTest() {
    super(ThreadOrder.REVERSE);
  }
}
