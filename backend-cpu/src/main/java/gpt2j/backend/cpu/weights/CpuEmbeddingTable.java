package gpt2j.backend.cpu.weights;

import gpt2j.api.EmbeddingTable;
import gpt2j.backend.cpu.memory.CpuTensor;

/** A table of vectors that lie one after another. Immutable once filled. */
public sealed interface CpuEmbeddingTable extends EmbeddingTable
    permits F32Table, Bf16Table, GroupedMatrix {
  /** The table as this backend's own. */
  static CpuEmbeddingTable of(EmbeddingTable table) {
    if (table instanceof CpuEmbeddingTable own) {
      return own;
    }
    throw new IllegalArgumentException(
        "an embedding table of another backend: " + table.getClass().getSimpleName());
  }

  /** {@code out = x·thisᵀ}, row by row. */
  void multiply(CpuTensor out, CpuTensor x);

  /**
   * Copies a vector to {@code to}, or adds it there.
   *
   * @param index which one; what is out of range counts as the nearest
   */
  void vector(int index, long to, boolean add);
}
