package gpt2j.bench.result;

import gpt2j.api.tensor.WeightFormat;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * One measurement of one program in one round.
 *
 * @param program name of the {@link ProgramSummary}
 * @param precision how it keeps weights
 * @param phase prefill or decode
 * @param batch sequences side by side
 * @param tokens per sequence: of the prompt for prefill, drawn for decode
 * @param round which round, counted from 0; within one all programs are measured in turn
 * @param nanos for prefill one per repetition; for decode one per step after the first new token,
 *     or their mean where the program doesn't tell each
 * @param peakResidentBytes of its process, where it was measured
 * @param othersCores how many cores were busy with something else meanwhile; empty where the system
 *     doesn't tell
 * @param bytesPerSecond at which as many threads read the memory just before and after; only where
 *     it says how fast gpt2j could be: one sequence, decoded by the processor
 * @param drawn the greedy tokens of the first sequence, to see that the work was the same; empty
 *     where the program doesn't tell
 */
public record ProgramMeasurement(
    String program,
    WeightFormat precision,
    Phase phase,
    int batch,
    int tokens,
    int round,
    List<Long> nanos,
    OptionalLong peakResidentBytes,
    OptionalDouble othersCores,
    OptionalDouble bytesPerSecond,
    List<Integer> drawn) {
  public ProgramMeasurement {
    nanos = List.copyOf(nanos);
    drawn = List.copyOf(drawn);
  }
}
