package gpt2j.backend.cpu.training;

import gpt2j.api.tensor.Tensor;
import gpt2j.backend.cpu.kernel.SquaredNorm;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;
import java.util.List;

/** The Euclidean norm of all gradients together, and the factor that clips it. */
final class GradientNorm {
  /** Keeps the factor finite where all gradients are 0. */
  private static final double EPSILON = 1e-6;

  /** Numbers whose squares are added up at a time. */
  private static final int PART = 1 << 16;

  private final CpuRuntime runtime;

  GradientNorm(CpuRuntime runtime) {
    this.runtime = runtime;
  }

  /**
   * See {@link gpt2j.api.training.TrainingOperations#gradientNorm}.
   *
   * @param out where the norm and the factor go
   */
  void run(long out, List<Tensor> gradients, float maximum) {
    double squares = 0;
    for (Tensor gradient : gradients) {
      squares += squares(gradient);
    }
    double norm = Math.sqrt(squares);
    Memory.set(out, (float) norm);
    Memory.set(out + Float.BYTES, (float) Math.min(1, maximum / (norm + EPSILON)));
  }

  /** In parts whose sums are added up in order, whoever computed them. */
  private double squares(Tensor gradient) {
    long from = CpuTensor.address(gradient);
    long elements = gradient.shape().elements();
    int parts = Math.toIntExact(Math.ceilDiv(elements, PART));
    long vectors = (long) runtime.pool().size() * Memory.VECTOR;
    long scratch = runtime.scratch().bytes(vectors + (long) parts * Double.BYTES);
    long sums = scratch + vectors;
    runtime
        .pool()
        .forEach(
            parts,
            (part, worker) -> {
              long first = (long) part * PART;
              int count = (int) Math.min(PART, elements - first);
              double sum =
                  SquaredNorm.of(
                      from + first * Float.BYTES, count, scratch + (long) worker * Memory.VECTOR);
              Memory.setDouble(sums + (long) part * Double.BYTES, sum);
            });
    double sum = 0;
    for (int part = 0; part < parts; part++) {
      sum += Memory.getDouble(sums + (long) part * Double.BYTES);
    }
    return sum;
  }
}
