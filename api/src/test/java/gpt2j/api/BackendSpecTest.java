package gpt2j.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.WeightFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackendSpecTest {
  @Test
  void aNameAloneHasNoSettings() {
    assertEquals(new BackendSpec("cpu", Map.of()), BackendSpec.parse("cpu"));
  }

  @Test
  void settingsFollowTheName() {
    BackendSpec spec = BackendSpec.parse("cuda/gemm=cublas/run-ahead=2");
    assertEquals(new BackendSpec("cuda", Map.of("gemm", "cublas", "run-ahead", "2")), spec);
    BackendOptions options = spec.applyTo(BackendOptions.defaults().withThreads(3));
    assertEquals("cuda/gemm=cublas/run-ahead=2", spec.toString());
    assertEquals(spec.settings(), options.settings());
    assertEquals(3, options.threads().orElseThrow());
  }

  @Test
  void everyBackendCanBeAskedToBeBatchInvariant() {
    BackendSpec spec = BackendSpec.parse("cuda/gemm=custom").batchInvariant();
    BackendOptions options = spec.applyTo(BackendOptions.defaults());
    assertEquals("cuda/batch-invariant=true/gemm=custom", spec.toString());
    assertEquals(spec, BackendSpec.parse(spec.toString()));
    assertTrue(options.batchInvariant());
    assertEquals(Map.of("gemm", "custom"), options.settings());
    assertFalse(BackendSpec.parse("cuda/batch-invariant=false").applyTo(options).batchInvariant());
    assertThrows(
        IllegalArgumentException.class, () -> BackendSpec.parse("cuda/batch-invariant=maybe"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"cuda/", "cuda/gemm", "cuda/gemm=", "cuda/=x", "cuda/a=b=c", "cuda/a=b/a=c"})
  void whatIsNoSettingIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> BackendSpec.parse(text));
  }

  @Test
  void saysHowCachesAreKept() {
    assertEquals(WeightFormat.F32, BackendSpec.parse("cpu").cachePrecision());
    BackendSpec spec = BackendSpec.parse("cpu/cache-precision=q8_0");
    assertEquals(WeightFormat.Q8_0, spec.cachePrecision());
    assertEquals(BackendOptions.defaults(), spec.applyTo(BackendOptions.defaults()));
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> BackendSpec.parse("cpu/cache-precision=q4_0"));
    assertEquals(
        "cache-precision must be one of f32, f16, bf16, q8_0, not q4_0", refusal.getMessage());
  }
}
