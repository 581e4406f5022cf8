package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.cuda.emulator.EmulatedCublas;
import gpt2j.cuda.emulator.Emulator;
import gpt2j.cuda.emulator.ThreadOrder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/** The contract of backends, for {@link ForkedTests}; it runs in no other way. */
final class ForkedContract extends EmulatedContract {
  private @Nullable EmulatedCublas cublas;

  ForkedContract() {
    super(ThreadOrder.valueOf(System.getProperty(ForkedTests.ORDER)));
    if (Boolean.getBoolean(ForkedTests.OLD_DEVICE)) {
      Emulator.load().device(1, 7, 5, 4, 12060);
    }
    String version = System.getProperty(ForkedTests.CUBLAS);
    if (version != null) {
      cublas = EmulatedCublas.load(Integer.parseInt(version));
    }
  }

  @Override
  protected BackendProvider provider() {
    return cublas == null ? super.provider() : new WithCublas(super.provider());
  }

  @AfterAll
  void cublasHasMadeTheProducts() {
    assertTrue(cublas == null || cublas.calls("cublasGemmEx") > 0, "cuBLAS was never called");
  }

  /** Opens with cuBLAS whatever is asked for. */
  private record WithCublas(BackendProvider provider) implements BackendProvider {
    @Override
    public String name() {
      return provider.name();
    }

    @Override
    public Map<String, List<String>> settings() {
      return provider.settings();
    }

    @Override
    public Availability availability() {
      return provider.availability();
    }

    @Override
    public Backend open(BackendOptions options) {
      return provider.open(options.withSetting(GemmChoice.SETTING, "cublas"));
    }
  }
}
