package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.cuda.emulator.EmulatedCublas;
import gpt2j.cuda.emulator.Emulator;
import gpt2j.cuda.emulator.ThreadOrder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/** The contract of backends, for {@link ForkedTests}; it runs in no other way. */
final class ForkedContract extends EmulatedContract {
  private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)");

  /** Behind products of cuBLAS, and of devices without tensor cores for the type. */
  private static final Set<String> OF_OTHERS =
      Set.of("finish_linear", "gemm_tiled_f16", "gemm_tiled_bf16");

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

  @AfterAll
  void everyKernelWasExecuted() throws IOException {
    if (Boolean.getBoolean(ForkedTests.EVERY_KERNEL)) {
      assertEquals(List.of(), kernels().filter(kernel -> !wasExecuted(kernel)).toList());
    }
  }

  private static boolean wasExecuted(String kernel) {
    return Emulator.load().calls("execute " + kernel) > 0
        || OF_OTHERS.contains(kernel)
        || kernel.startsWith("training_");
  }

  private static Stream<String> kernels() throws IOException {
    try (InputStream in = CudaBackend.class.getResourceAsStream("sm_80.ptx")) {
      String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      return ENTRY.matcher(text).results().map(entry -> entry.group(1));
    }
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
