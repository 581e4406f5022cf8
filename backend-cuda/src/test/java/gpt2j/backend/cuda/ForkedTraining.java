package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/** The contract of training, for {@link ForkedTests}; it runs in no other way. */
final class ForkedTraining extends EmulatedTrainingContract {
  ForkedTraining() {
    super(ThreadOrder.valueOf(System.getProperty(ForkedTests.ORDER)));
  }
}
