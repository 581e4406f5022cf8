package gpt2j.backend.cuda.gemm;

import gpt2j.api.Epilogue;
import gpt2j.api.tensor.DataType;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes one of two by a rule that doesn't change while a backend is open, so that equal work gives
 * equal results each time. cuBLAS pays off with whole tiles of rows; below, its launches and the
 * kernel that finishes its work take longer than the work.
 *
 * @param cublasTypes types of weights for which cuBLAS is the faster one
 * @param cublasPlain whether it is for plain matrices
 */
record FasterGemm(Gemm custom, Gemm cublas, Set<DataType> cublasTypes, boolean cublasPlain)
    implements Gemm {
  /** Rows from which cuBLAS is taken. */
  static final int MANY_ROWS = 64;

  FasterGemm {
    cublasTypes = Set.copyOf(cublasTypes);
  }

  @Override
  public void multiply(long out, long x, int rows, DeviceMatrix weights, Epilogue epilogue) {
    boolean library = rows >= MANY_ROWS && cublasTypes.contains(weights.type());
    (library ? cublas : custom).multiply(out, x, rows, weights, epilogue);
  }

  @Override
  public void multiply(PlainProduct product) {
    boolean library = Math.min(product.rows(), product.columns()) >= MANY_ROWS && cublasPlain;
    (library ? cublas : custom).multiply(product);
  }

  @Override
  public String description() {
    String types =
        cublasTypes.stream()
            .sorted()
            .map(type -> type.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    String uses =
        Stream.of(types.isEmpty() ? "" : "of " + types, cublasPlain ? "in training" : "")
            .filter(use -> !use.isEmpty())
            .collect(Collectors.joining(" and "));
    return "%s for %d rows and more %s, else %s"
        .formatted(cublas.description(), MANY_ROWS, uses, custom.description());
  }

  @Override
  public void close() {
    try {
      cublas.close();
    } finally {
      custom.close();
    }
  }
}
