package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendException;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.DeviceFailureException;
import gpt2j.api.Epilogue;
import gpt2j.api.LinearWeights;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cuda.gemm.GemmChoice;
import gpt2j.cuda.emulator.EmulatedCublas;
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
import org.junit.jupiter.params.provider.ValueSource;

/** Products by an emulated cuBLAS; in a JVM of its own, since a library that is loaded stays. */
class EmulatedCublasTest {
  private static final int MANY_ROWS = 9; // more than the kernel for few rows takes
  private static final int ALLOC_FAILED = 3;
  private static final int EXECUTION_FAILED = 13;

  private final CudaBackendProvider provider = new CudaBackendProvider();
  private Emulator emulator;
  private EmulatedCublas cublas;

  @BeforeEach
  void start() {
    emulator = Emulation.start();
    cublas = EmulatedCublas.load(12);
  }

  @AfterEach
  void reset() {
    emulator.reset();
    assertEquals(0, cublas.handles(), "handles of cuBLAS");
    Emulation.assertNothingLeft();
  }

  private Backend open(String gemm) {
    return provider.open(BackendOptions.defaults().withSetting(GemmChoice.SETTING, gemm));
  }

  /** The same products as the own kernels', of either version's library. */
  @ParameterizedTest
  @CsvSource({
    "12, Linear/smallMatrices Linear/manyRows Linear/withoutABias Linear/aRowOfNaNSpoilsNoOther"
        + " Linear/isDeterministic Gelu Logits/smallVocabularies Logits/logitsAreDeterministic"
        + " Training/Products Training/Steps/aRecordedStepEqualsDirectCalls",
    "13, Linear/withoutABias Logits/logitsAreDeterministic Training/Products/areDeterministic"
  })
  void meetsTheContract(String version, String parts) throws IOException, InterruptedException {
    ForkedTests.Result result =
        ForkedTests.run(
            emulator.library(),
            ThreadOrder.FORWARD,
            Map.of(),
            List.of("-D" + ForkedTests.CUBLAS + "=" + version),
            List.of(parts.split(" ")));
    assertTrue(result.passed(), result::output);
  }

  @Test
  void aRecordedStepIsTheSameAsSingleCalls() {
    try (Backend backend = open("cublas");
        SmallDecoder single = decoder(backend);
        SmallDecoder recorded = decoder(backend)) {
      assertEquals("cuBLAS of CUDA 12", products(backend));
      Step step = recorded.record();
      long calls = cublas.calls("cublasGemmEx");
      for (int i = 0; i < 4; i++) {
        single.step();
        step.run();
        assertArrayEquals(single.take(), recorded.take());
        assertArrayEquals(single.logits(), recorded.logits());
      }
      // Two layers of four products, and the head; two halves of each.
      assertEquals(calls + 4 * 2 * (2 * 4 + 1), cublas.calls("cublasGemmEx"));
    }
    Emulation.assertNoProblems();
  }

  private static SmallDecoder decoder(Backend backend) {
    return new SmallDecoder(backend, 2, MANY_ROWS, SamplingParameters.random(1));
  }

  private static String products(Backend backend) {
    return backend.device().properties().get("products of many rows");
  }

  @Test
  void isNotTouchedByWhoDoesNotWantIt() {
    long created = cublas.calls("cublasCreate");
    try (Backend backend = open("custom")) {
      assertEquals("own kernels", products(backend));
    }
    assertEquals(created, cublas.calls("cublasCreate"));
  }

  /** Whichever is faster here: what was found out is said, and products are right either way. */
  @Test
  void autoTakesWhatIsFaster() {
    long before = cublas.calls("cublasGemmEx");
    try (Backend backend = open("auto");
        SmallDecoder decoder = decoder(backend)) {
      assertTrue(cublas.calls("cublasGemmEx") > before, "it was not tried");
      assertTrue(products(backend).endsWith("own kernels"), products(backend));
      decoder.step();
      decoder.take();
    }
    Emulation.assertNoProblems();
  }

  /** A library that is there and of no use is none. */
  @ParameterizedTest
  @ValueSource(strings = {"cublasCreate", "cublasSetStream", "cublasSetWorkspace", "cublasGemmEx"})
  void autoDoesWithoutWhatFails(String function) {
    cublas.fail(function, ALLOC_FAILED);
    try (Backend backend = open("auto")) {
      assertEquals("own kernels", products(backend));
    }
  }

  @Test
  void autoDoesWithoutWhatHasNoRoom() {
    emulator.totalMemory(48L << 20);
    try (Backend backend = open("auto")) {
      assertEquals("own kernels", products(backend));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cublasCreate", "cublasSetStream", "cublasSetWorkspace"})
  void whatFailsIsAnErrorForWhoAsksForIt(String function) {
    cublas.fail(function, ALLOC_FAILED);
    BackendUnavailableException refusal =
        assertThrows(BackendUnavailableException.class, () -> open("cublas").close());
    assertEquals(
        "the cuda backend is unavailable: %s failed with CUBLAS_STATUS_ALLOC_FAILED (3)"
            .formatted(function),
        refusal.getMessage());
  }

  @Test
  void aProductThatFailsIsOneLine() {
    try (Backend backend = open("cublas");
        SmallDecoder decoder = decoder(backend)) {
      cublas.fail("cublasGemmEx", EXECUTION_FAILED);
      BackendException failure = assertThrows(DeviceFailureException.class, decoder::record);
      assertEquals(
          "cublasGemmEx failed with CUBLAS_STATUS_EXECUTION_FAILED (13)", failure.getMessage());
      decoder.record().run();
      decoder.take();
    }
  }

  @Test
  void oldDevicesHaveNoProductsOfBf16() {
    emulator.device(1, 7, 5, 4, 12060);
    try (Backend backend = open("cublas");
        LinearWeights weights =
            backend.linearWeights(
                HostTensor.of("w", Shape.of(16, 16), new float[256]), null, WeightFormat.BF16);
        Tensor x = backend.allocate(DataType.F32, Shape.of(MANY_ROWS, 16), Usage.ACTIVATION);
        Tensor out = backend.allocate(DataType.F32, Shape.of(MANY_ROWS, 16), Usage.ACTIVATION)) {
      UnsupportedException refusal =
          assertThrows(
              UnsupportedException.class,
              () -> backend.operations().linear(out, x, weights, Epilogue.NONE));
      assertEquals(
          "cuBLAS makes no products of bf16 weights on a device of capability 7.5: use gemm custom",
          refusal.getMessage());
    }
  }
}
