package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/** The contract of training on the emulated driver, threads lowest first. */
final class EmulatedTrainingForwardContractTest extends EmulatedTrainingContract {
  EmulatedTrainingForwardContractTest() {
    super(ThreadOrder.FORWARD);
  }
}
