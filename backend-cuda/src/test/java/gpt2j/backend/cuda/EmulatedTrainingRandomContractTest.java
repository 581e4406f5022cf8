package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/** The contract of training on the emulated driver, threads by lot. */
final class EmulatedTrainingRandomContractTest extends EmulatedTrainingContract {
  EmulatedTrainingRandomContractTest() {
    super(ThreadOrder.RANDOM);
  }
}
