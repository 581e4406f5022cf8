package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/** The contract of backends, for {@link ForkedTests}; it runs in no other way. */
final class ForkedContract extends EmulatedContract {
  ForkedContract() {
    super(ThreadOrder.valueOf(System.getProperty(ForkedTests.ORDER)));
  }
}
