package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;

/**
 * A bug that is planted in a kernel.
 *
 * @param parts of the contract, one of which must find it
 */
record PlantedBug(
    String what, String file, String text, String replacement, ThreadOrder order, String... parts) {
  @Override
  public String toString() {
    return file + ": " + what;
  }
}
