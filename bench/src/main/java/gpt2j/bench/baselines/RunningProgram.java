package gpt2j.bench.baselines;

import java.util.List;
import java.util.OptionalLong;

/** A program that has loaded the model. */
interface RunningProgram extends AutoCloseable {
  /**
   * What it took to do some work.
   *
   * @param nanos as in {@link gpt2j.bench.result.ProgramMeasurement#nanos}
   * @param peakResidentBytes of its process
   * @param drawn tokens of the first sequence; empty where it doesn't tell
   */
  record Taken(List<Long> nanos, OptionalLong peakResidentBytes, List<Integer> drawn) {}

  /** Its version and what it runs on. */
  String version();

  /** Whether it warms up by itself in each measurement. */
  boolean warmsUp();

  /**
   * Has it do something.
   *
   * @throws ProgramException when it can't, or fails
   */
  Taken measure(Work work) throws ProgramException;

  @Override
  void close();
}
