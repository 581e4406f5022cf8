package gpt2j.backend.cpu.training;

import gpt2j.api.training.Dropout;
import gpt2j.backend.cpu.kernel.DropoutKernels;
import gpt2j.backend.cpu.kernel.PhiloxVectors;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.simd.Memory;
import org.jspecify.annotations.Nullable;

/**
 * What dropout multiplies the elements of one place by in one pass: 0, or 1 / (1 − probability).
 * Computed again wherever they are needed, which takes less time than to read them.
 */
final class DropoutFactors {
  private final int threshold;
  private final float factor;
  private final long seed;
  private final int site;
  private final int pass;

  private DropoutFactors(Dropout.Random dropout) {
    threshold = dropout.threshold();
    factor = (float) (1 / (1 - (double) dropout.probability()));
    seed = dropout.seed();
    site = dropout.site();
    pass = Memory.getInt(CpuTensor.address(dropout.pass()));
  }

  /** Null where nothing is dropped. */
  static @Nullable DropoutFactors of(Dropout dropout) {
    return switch (dropout) {
      case Dropout.None _ -> null;
      case Dropout.Random random -> new DropoutFactors(random);
    };
  }

  /** Bytes of working memory for {@link #store}. */
  static long scratchBytes(int count) {
    return (4L + count + PhiloxVectors.STEP) * Float.BYTES;
  }

  /**
   * Stores the factors of {@code count} elements from {@code element} on.
   *
   * @param scratch of {@link #scratchBytes}
   * @return where in it the first factor lies
   */
  long store(long scratch, long element, int count) {
    int before = (int) (element % 4); // elements of the first counter that aren't wanted
    PhiloxVectors.words(scratch, (int) (element / 4), before + count, seed, pass, site);
    long first = scratch + (long) before * Float.BYTES;
    DropoutKernels.toFactors(first, count, threshold, factor);
    return first;
  }
}
