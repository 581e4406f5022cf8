package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import gpt2j.api.Availability.Available;
import gpt2j.api.Availability.Unavailable;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.DeviceInfo;
import gpt2j.api.TokenQueue;
import gpt2j.api.UnsupportedException;
import gpt2j.backend.cuda.gemm.CublasLibrary;
import gpt2j.backend.cuda.gemm.GemmChoice;
import gpt2j.backend.cuda.step.RunAhead;
import gpt2j.cuda.emulator.Emulator;
import gpt2j.cuda.emulator.ThreadOrder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What devices are said to be, which PTX they are given, and the settings. */
class EmulatedSettingsTest {
  private final CudaBackendProvider provider = new CudaBackendProvider();
  private Emulator emulator;

  @BeforeEach
  void start() {
    emulator = Emulation.start();
  }

  @AfterEach
  void reset() {
    emulator.reset();
    Emulation.assertNothingLeft();
  }

  @Test
  void describesEveryDevice() {
    emulator.device(3, 8, 6, 28, 12040);
    Available available = assertInstanceOf(Available.class, provider.availability());
    assertEquals(3, available.devices().size());
    for (DeviceInfo device : available.devices()) {
      assertEquals("8.6", device.properties().get("capability"));
      assertEquals("28", device.properties().get("multiprocessors"));
      assertEquals("for CUDA 12.4", device.properties().get("driver"));
      assertEquals("sm_80, PTX 7.0", device.properties().get("kernels"));
      assertTrue(device.properties().containsKey("cuBLAS"));
      assertTrue(device.freeMemory() <= device.totalMemory());
    }
  }

  /** The newest PTX that both the device and the driver can take. */
  @ParameterizedTest
  @CsvSource({
    "7, 5, 11000, sm_75",
    "8, 0, 11000, sm_80",
    "8, 9, 12060, sm_80",
    "9, 0, 11000, sm_80",
    "9, 0, 12060, sm_90",
    "10, 0, 13000, sm_90",
    "12, 0, 13000, sm_90"
  })
  void choosesThePtx(int major, int minor, int driver, String expected) {
    emulator.device(1, major, minor, 4, driver);
    try (Backend backend = provider.open(BackendOptions.defaults())) {
      String kernels = backend.device().properties().get("kernels");
      assertTrue(kernels.startsWith(expected + ","), kernels);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 8, 0, 12060, the NVIDIA driver finds no device",
    "1, 6, 1, 12060, has compute capability 6.1; gpt2j needs 7.5 or later",
    "1, 8, 0, 10020, the NVIDIA driver is for CUDA 10.2; gpt2j needs one for CUDA 11.0 or later"
  })
  void saysWhatIsTooOld(int count, int major, int minor, int driver, String expected) {
    emulator.device(count, major, minor, 4, driver);
    Unavailable unavailable = assertInstanceOf(Unavailable.class, provider.availability());
    assertTrue(unavailable.reason().contains(expected), unavailable.reason());
    BackendUnavailableException refusal =
        assertThrows(
            BackendUnavailableException.class,
            () -> provider.open(BackendOptions.defaults()).close());
    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
  }

  @Test
  void aDriverThatFailsIsUnavailable() {
    emulator.fail("cuInit", 1, 999);
    Unavailable unavailable = assertInstanceOf(Unavailable.class, provider.availability());
    assertTrue(unavailable.reason().contains("cuInit"), unavailable.reason());
    assertEquals(1, unavailable.reason().lines().count());
  }

  /** Where the driver refuses the newest PTX, an older one will do. */
  @Test
  void stepsDownWhenTheDriverRefuses() {
    emulator.device(1, 9, 0, 4, 12060);
    emulator.fail("cuModuleLoadData", 1, 222);
    try (Backend backend = provider.open(BackendOptions.defaults())) {
      assertEquals(2, emulator.calls("cuModuleLoadData"));
      assertEquals("sm_80, PTX 7.0", backend.device().properties().get("kernels"));
    }
  }

  /** Products of bfloat16 are those of other kernels there. */
  @Test
  void anOldDeviceMultipliesToo() throws IOException, InterruptedException {
    ForkedTests.Result result =
        ForkedTests.run(
            emulator.library(),
            ThreadOrder.FORWARD,
            Map.of(),
            List.of("-D" + ForkedTests.OLD_DEVICE + "=true"),
            List.of("Linear/withoutABias", "Linear/isDeterministic"));
    assertTrue(result.passed(), result::output);
  }

  @Test
  void runsAheadAsFarAsItIsTold() {
    for (String depth : RunAhead.VALUES) {
      BackendOptions options = BackendOptions.defaults().withSetting(RunAhead.SETTING, depth);
      try (Backend backend = provider.open(options);
          TokenQueue queue = backend.tokenQueue(1)) {
        assertEquals(Integer.parseInt(depth), queue.depth());
      }
    }
  }

  @Test
  void whatIsBatchInvariantHasNoCublas() {
    BackendOptions options = BackendOptions.defaults().withBatchInvariant(true);
    UnsupportedException refusal =
        assertThrows(
            UnsupportedException.class,
            () -> provider.open(options.withSetting(GemmChoice.SETTING, "cublas")).close());
    assertTrue(refusal.getMessage().contains("batch-invariant"), refusal.getMessage());
    for (String choice : new String[] {"auto", "custom"}) {
      try (Backend backend = provider.open(options.withSetting(GemmChoice.SETTING, choice))) {
        String products = backend.device().properties().get("products of many rows");
        assertEquals("a few rows at a time", products);
      }
    }
  }

  @Test
  void cublasThatIsAbsentIsAnErrorForWhoAsksForIt() {
    assumeFalse(CublasLibrary.load().isLoaded(), "there is a cuBLAS");
    BackendOptions options = BackendOptions.defaults();
    BackendUnavailableException refusal =
        assertThrows(
            BackendUnavailableException.class,
            () -> provider.open(options.withSetting(GemmChoice.SETTING, "cublas")).close());
    assertEquals(
        "the cuda backend is unavailable: cuBLAS is absent:"
            + " neither libcublas.so.12 nor libcublas.so.13 was found",
        refusal.getMessage());
    for (String choice : new String[] {"auto", "custom"}) {
      provider.open(options.withSetting(GemmChoice.SETTING, choice)).close();
    }
  }
}
