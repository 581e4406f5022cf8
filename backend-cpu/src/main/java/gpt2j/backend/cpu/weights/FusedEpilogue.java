package gpt2j.backend.cpu.weights;

import gpt2j.api.Epilogue;
import gpt2j.backend.cpu.kernel.Gelu;
import gpt2j.backend.cpu.kernel.VectorAdd;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.PartTimes;
import gpt2j.backend.cpu.simd.Memory;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the sums of a matrix product: bias, epilogue, into the output.
 *
 * @param bias the matrix's bias, or null for none
 * @param times of the epilogue; null unless wanted
 */
public record FusedEpilogue(
    @Nullable CpuTensor bias, Epilogue epilogue, @Nullable PartTimes times) {
  /** The sums as they are. */
  static final FusedEpilogue NOTHING = new FusedEpilogue(null, Epilogue.NONE, null);

  /** Whether sums that already lie in the output are final. */
  boolean isNothing() {
    return bias == null && epilogue == Epilogue.NONE;
  }

  /** Whether the output is an input too, so that sums can't be put there first. */
  boolean readsOut() {
    return epilogue == Epilogue.ADD_TO_OUT;
  }

  /**
   * Finishes a piece of a row.
   *
   * @param out where column {@code column} of the row lies
   * @param sums where its sum lies; may be {@code out} unless {@link #readsOut}
   * @param column number of the first column, to find its bias
   * @param count how many columns
   */
  public void apply(long out, long sums, int column, int count) {
    if (bias != null) {
      VectorAdd.add(sums, bias.address() + (long) column * Float.BYTES, sums, count);
    }
    switch (epilogue) {
      case NONE -> {
        if (out != sums) {
          Memory.copy(sums, out, (long) count * Float.BYTES);
        }
      }
      case GELU_TANH -> {
        long begun = PartTimes.begin(times);
        Gelu.tanh(out, sums, count);
        PartTimes.end(times, PartTimes.GELU, begun);
      }
      case GELU_ERF -> {
        long begun = PartTimes.begin(times);
        Gelu.erf(out, sums, count);
        PartTimes.end(times, PartTimes.GELU, begun);
      }
      case ADD_TO_OUT -> VectorAdd.add(out, out, sums, count);
    }
  }
}
