package gpt2j.backend.cuda.gemm;

/**
 * A product of plain matrices of float32, row-major and dense.
 *
 * @param form which of the operands is transposed in memory
 * @param out address of {@code [rows][columns]}
 * @param a address of {@code [rows][depth]}, or {@code [depth][rows]}
 * @param b address of {@code [depth][columns]}, or {@code [columns][depth]}
 * @param bias address of {@code [columns]}, or 0 for none; none with {@link Form#ADDED}
 */
public record PlainProduct(
    Form form, long out, long a, long b, long bias, int rows, int columns, int depth) {
  /** How the operands lie, and where the product goes. */
  public enum Form {
    /** {@code out = a·b + bias}. */
    STORED,
    /** {@code out = a·bᵀ + bias}. */
    TRANSPOSED,
    /** {@code out += aᵀ·b}. */
    ADDED
  }

  long results() {
    return (long) rows * columns;
  }
}
