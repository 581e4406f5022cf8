package gpt2j.model.gpt2.training.run;

import gpt2j.api.Backend;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How fast training is beside what the backend could do.
 *
 * @param operationsPerToken of forward and backward pass; a multiplication and an addition are two
 * @param peak operations per second of a large product of matrices; NaN when it wasn't measured
 */
record Speed(double operationsPerToken, double peak) {
  private static final int[] SIDES = {64, 128, 256, 512, 1024, 2048, 4096, 8192};
  private static final long MOST_NANOS = 25_000_000;
  private static final int GROWTH = 8; // operations of the next size, beside those of one
  private static final int TRIALS = 3;
  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * The arithmetic that training can't do without: the products with every matrix, 2 operations per
   * element forward and 4 backward, and those of attention with the positions that each token sees,
   * (T + 1)/2 on average. Anything computed twice to save memory doesn't count (Chowdhery et al.
   * 2022, PaLM, appendix B, which counts attention as if every token saw all T).
   */
  static double operationsPerToken(Gpt2Config config, int sequenceLength) {
    double width = config.embeddingWidth();
    double block = 4 * width * width + 2 * width * config.innerWidth();
    double matrices = config.layers() * block + width * config.vocabularySize();
    double seen = (sequenceLength + 1) / 2.0;
    double attention = config.layers() * 2 * width * seen; // query·key and probability·value
    return 6 * (matrices + attention);
  }

  double peakFraction(double tokensPerSecond) {
    return operationsPerToken * tokensPerSecond / peak;
  }

  /** With this peak, if it is higher: what else the machine does can only make it look lower. */
  Speed with(double newPeak) {
    return newPeak > peak ? new Speed(operationsPerToken, newPeak) : this;
  }

  /**
   * Operations per second of products of square matrices on a backend: the best of several sizes,
   * the largest that are expected to take little time. It takes at most a tenth of a second, and no
   * large memory on a slow backend.
   */
  static double peak(Backend backend) {
    double best = 0;
    for (int side : SIDES) {
      double operations = 2.0 * side * side * side;
      double nanos = product(backend, side);
      best = Math.max(best, operations / nanos * NANOS_PER_SECOND);
      if (GROWTH * nanos > MOST_NANOS) {
        break;
      }
    }
    return best;
  }

  /** Nanoseconds of the fastest of some products. */
  private static double product(Backend backend, int side) {
    Shape shape = Shape.of(side, side);
    try (Arena arena = Arena.ofConfined();
        Tensor x = backend.allocate(DataType.F32, shape, Usage.ACTIVATION);
        Tensor weight = backend.allocate(DataType.F32, shape, Usage.ACTIVATION);
        Tensor out = backend.allocate(DataType.F32, shape, Usage.ACTIVATION)) {
      MemorySegment values = arena.allocate(x.bytes(), Long.BYTES);
      for (long i = 0; i < shape.elements(); i++) {
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, (i % 7 - 3) / 8f); // of a size that stays one
      }
      backend.write(x, values);
      backend.write(weight, values);
      double fastest = Double.POSITIVE_INFINITY;
      for (int i = 0; i <= TRIALS; i++) {
        backend.synchronize();
        long start = System.nanoTime();
        backend.training().linear(out, x, weight, null);
        backend.synchronize();
        double nanos = System.nanoTime() - start;
        fastest = i == 0 ? fastest : Math.min(fastest, nanos); // the first one warms up
      }
      return fastest;
    }
  }
}
