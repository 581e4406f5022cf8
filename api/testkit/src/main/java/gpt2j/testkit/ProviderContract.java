package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.DeviceInfo;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.LinearWeights;
import gpt2j.api.SamplingParameters;
import gpt2j.api.TokenBatch;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The provider, the device, threads, and what is declared to be missing. */
abstract class ProviderContract extends Contract {
  ProviderContract(BackendContract subject) {
    super(subject);
  }

  @Test
  void hasANameForTheCommandLine() {
    assertTrue(subject().provider().name().matches("[a-z][a-z0-9-]*"), subject().provider().name());
  }

  @Test
  void listsItsDevices() {
    Availability.Available available =
        assertInstanceOf(Availability.Available.class, subject().provider().availability());
    assertFalse(available.devices().isEmpty());
    for (DeviceInfo device : available.devices()) {
      assertFalse(device.name().isBlank());
    }
    assertEquals(available.devices().getFirst().name(), backend().device().name());
  }

  @Test
  void describesItsDevice() {
    DeviceInfo device = backend().device();
    assertTrue(device.totalMemory() > 0, device.toString());
    assertTrue(device.freeMemory() >= 0, device.toString());
    assertTrue(device.freeMemory() <= device.totalMemory(), device.toString());
    assertTrue(device.threads() >= 1, device.toString());
  }

  @Test
  void refusesDevicesThatDoNotExist() {
    BackendOptions options =
        new BackendOptions(
            1000, BackendOptions.defaults().threads(), BackendOptions.defaults().memoryLimit());
    BackendUnavailableException refusal =
        assertThrows(
            BackendUnavailableException.class, () -> subject().provider().open(options).close());
    String message = String.valueOf(refusal.getMessage());
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.contains("1000"), message);
  }

  @Test
  void takesItsOwnSettingsAndNoOthers() {
    BackendProvider provider = subject().provider();
    BackendOptions defaults = BackendOptions.defaults();
    provider
        .settings()
        .forEach(
            (name, values) -> {
              provider.open(defaults.withSetting(name, values.getFirst())).close();
              assertRefused(provider, defaults.withSetting(name, "no such value"));
            });
    assertRefused(provider, defaults.withSetting("no-such-setting", "1"));
  }

  private static void assertRefused(BackendProvider provider, BackendOptions options) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> provider.open(options).close());
    String message = String.valueOf(refusal.getMessage());
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.contains("no such value") || message.contains("no-such-setting"), message);
  }

  /** A backend must neither deny what it can do, nor be declared to lack what it has. */
  @ParameterizedTest
  @EnumSource
  void weightsAreSupportedAsDeclared(WeightFormat format) {
    boolean declared = !subject().unsupported().contains(Feature.weights(format));
    assertEquals(declared, backend().supports(format), "supports " + format);
    HostTensor values = Numbers.host(new float[] {1, 2}, 1, 2);
    if (declared) {
      backend().linearWeights(values, null, format).close();
      backend().embeddingTable(values, format).close();
    } else {
      assertThrows(UnsupportedException.class, () -> backend().linearWeights(values, null, format));
      assertThrows(UnsupportedException.class, () -> backend().embeddingTable(values, format));
    }
  }

  @ParameterizedTest
  @EnumSource(names = "Q4_0", mode = EnumSource.Mode.EXCLUDE)
  void cachesAreSupportedAsDeclared(WeightFormat type) {
    KvCacheSpec spec = new KvCacheSpec(1, 1, 1, 1, 1, type);
    if (subject().unsupported().contains(Feature.cache(type))) {
      assertThrows(UnsupportedException.class, () -> backend().kvCache(spec));
    } else {
      backend().kvCache(spec).close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void anyNumberOfThreads(int threads) {
    BackendOptions options = BackendOptions.defaults().withThreads(threads);
    try (Backend open = subject().provider().open(options)) {
      List<Reading> actual = readings(open, this::work);
      Reading.assertEqual(readings(subject().reference(), this::work), actual);
      Reading.assertSame(actual, readings(open, this::work));
    }
  }

  @Test
  void twoBackendsAtOnce() {
    List<Reading> expected = readings(backend(), this::work);
    try (Backend other = subject().provider().open(BackendOptions.defaults())) {
      Reading.assertSame(expected, readings(other, this::work));
      Reading.assertSame(expected, readings(backend(), this::work));
    }
    Reading.assertSame(expected, readings(backend(), this::work));
  }

  /** Threads take turns, a whole piece of work each. */
  @Test
  void threadsThatShareABackendHoldItsLock() throws InterruptedException, ExecutionException {
    List<Reading> expected = readings(backend(), this::work);
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<List<Reading>>> results =
          threads.invokeAll(
              Collections.nCopies(
                  9,
                  () -> {
                    backend().lock().lock();
                    try {
                      return readings(backend(), this::work);
                    } finally {
                      backend().lock().unlock();
                    }
                  }));
      for (Future<List<Reading>> result : results) {
        Reading.assertSame(expected, result.get());
      }
    }
  }

  /** Enough of it that threads have something to share. */
  private void work(Workbench bench) {
    double tolerance = subject().tolerance(WeightFormat.F32);
    float[] weight = Numbers.random(1, 192 * 576, 0.07);
    LinearWeights weights = bench.weights(Numbers.host(weight, 192, 576), null, WeightFormat.F32);
    KvCache cache = bench.cache(new KvCacheSpec(1, 3, 64, 1, 65, WeightFormat.F32));
    for (int n : new int[] {1, 5, 65}) {
      Tensor x = bench.floats(Numbers.random(n, n * 192, 1), n, 192);
      Tensor gain = bench.floats(Numbers.random(2, 192, 1), 192);
      Tensor normalized = bench.floats(n, 192);
      bench.operations().layerNorm(normalized, x, gain, gain, 1e-5f);
      bench.show(n + " rows normalized", normalized, tolerance);
      Tensor qkv = bench.floats(n, 576);
      bench.operations().linear(qkv, x, weights, Epilogue.NONE);
      bench.show(n + " rows multiplied", qkv, tolerance);
      TokenBatch batch = bench.batch(Rows.ofSlot(0, 0, n));
      Tensor out = bench.floats(n, 192);
      bench.operations().appendKv(cache, 0, qkv, batch);
      bench.operations().attention(out, qkv, cache, 0, batch, 0.125f, AttentionProbe.NONE);
      bench.show(n + " rows attended", out, Math.max(tolerance, 1e-4));
    }
    TinyDecoder decoder = new TinyDecoder(bench, 3, SamplingParameters.random(5));
    for (int step = 0; step < 5; step++) {
      decoder.step();
    }
    bench.show("tokens", decoder.batch().tokens(), 0);
  }
}
