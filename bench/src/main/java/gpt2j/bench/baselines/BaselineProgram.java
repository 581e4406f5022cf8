package gpt2j.bench.baselines;

/** A program that can be measured. */
interface BaselineProgram {
  /** Its name in results. */
  String name();

  /** Whether it can be opened with quantised weights. */
  default boolean quantizes() {
    return false;
  }

  /**
   * Starts it.
   *
   * @throws ProgramException when it isn't installed, or doesn't have what it is to be opened with
   */
  RunningProgram open(Conditions conditions) throws ProgramException;
}
