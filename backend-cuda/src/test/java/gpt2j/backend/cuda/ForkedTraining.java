package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.BackendProvider;
import gpt2j.cuda.emulator.EmulatedCublas;
import gpt2j.cuda.emulator.ThreadOrder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/** The contract of training, for {@link ForkedTests}; it runs in no other way. */
final class ForkedTraining extends EmulatedTrainingContract {
  private final @Nullable EmulatedCublas cublas;

  ForkedTraining() {
    super(ThreadOrder.valueOf(System.getProperty(ForkedTests.ORDER)));
    cublas = ForkedTests.cublas();
  }

  @Override
  protected BackendProvider provider() {
    return cublas == null ? super.provider() : new WithCublas(super.provider());
  }

  @AfterAll
  void cublasHasMadeTheProducts() {
    assertTrue(cublas == null || cublas.calls("cublasGemmEx") > 0, "cuBLAS was never called");
  }
}
