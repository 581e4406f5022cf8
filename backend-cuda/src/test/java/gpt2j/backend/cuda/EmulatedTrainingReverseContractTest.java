package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/** The contract of training on the emulated driver, threads highest first. */
final class EmulatedTrainingReverseContractTest extends EmulatedTrainingContract {
  EmulatedTrainingReverseContractTest() {
    super(ThreadOrder.REVERSE);
  }
}
