package gpt2j.backend.cuda;

import gpt2j.api.DataType;
import gpt2j.api.Epilogue;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Takes one of two by a rule that doesn't change while a backend is open, so that equal work gives
 * equal results each time. cuBLAS pays off with whole tiles of rows; below, its launches and the
 * kernel that finishes its work take longer than the work.
 *
 * @param cublasTypes types of weights for which cuBLAS is the faster one
 */
record FasterGemm(Gemm custom, Gemm cublas, Set<DataType> cublasTypes) implements Gemm {
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
  public String description() {
    if (cublasTypes.isEmpty()) {
      return custom.description();
    }
    String types =
        cublasTypes.stream()
            .sorted()
            .map(type -> type.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    return "%s for %d rows and more of %s, else %s"
        .formatted(cublas.description(), MANY_ROWS, types, custom.description());
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
