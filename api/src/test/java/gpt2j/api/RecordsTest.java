package gpt2j.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The small records of the SPI: what they refuse, count, and protect from changes. */
class RecordsTest {
  @ParameterizedTest
  @CsvSource({"0,1,1,1,1", "1,0,1,1,1", "1,1,0,1,1", "1,1,1,0,1", "1,1,1,1,0", "-1,1,1,1,1"})
  void aCacheHasNoEmptyDimension(int layers, int heads, int headSize, int sequences, int capacity) {
    assertThrows(
        IllegalArgumentException.class,
        () -> new KvCacheSpec(layers, heads, headSize, sequences, capacity, WeightFormat.F32));
  }

  @Test
  void aCacheCountsItsBytes() {
    assertThrows(
        IllegalArgumentException.class, () -> new KvCacheSpec(1, 1, 1, 1, 1, WeightFormat.Q4_0));
    KvCacheSpec gpt2 = new KvCacheSpec(12, 12, 64, 1, 1024, WeightFormat.F32);
    assertEquals(768, gpt2.width());
    assertEquals(2 * 12 * 768 * 4, gpt2.bytesPerPosition());
    assertEquals(72 << 20, gpt2.bytes());
    KvCacheSpec xl = new KvCacheSpec(48, 25, 64, 64, 1024, WeightFormat.F16);
    assertEquals(2L * 48 * 1600 * 2 * 64 * 1024, xl.bytes());
    KvCacheSpec small = new KvCacheSpec(12, 12, 64, 1, 1024, WeightFormat.Q8_0);
    assertEquals(2 * 12 * 768 * 34 / 32, small.bytesPerPosition());
    KvCacheSpec huge = new KvCacheSpec(1 << 30, 1, 1 << 30, 1 << 30, 1 << 30, WeightFormat.F32);
    assertThrows(ArithmeticException.class, huge::bytes);
  }

  @Test
  void typesHaveTheirSizes() {
    assertEquals(4, DataType.F32.bytes());
    assertEquals(2, DataType.F16.bytes());
    assertEquals(2, DataType.BF16.bytes());
    assertEquals(4, DataType.I32.bytes());
    for (WeightFormat format : WeightFormat.values()) {
      format.plain().ifPresent(type -> assertEquals(format.name(), type.name()));
    }
  }

  @Test
  void optionsAreChecked() {
    BackendOptions options = BackendOptions.defaults().withThreads(3).withMemoryLimit(4096);
    assertEquals(new BackendOptions(0, OptionalInt.of(3), OptionalLong.of(4096)), options);
    assertThrows(IllegalArgumentException.class, () -> options.withThreads(0));
    assertThrows(IllegalArgumentException.class, () -> options.withMemoryLimit(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> new BackendOptions(-1, OptionalInt.empty(), OptionalLong.empty()));
  }

  @Test
  void settingsAreKeptBesideTheOtherOptions() {
    BackendOptions options =
        BackendOptions.defaults()
            .withBatchInvariant(true)
            .withSetting("a", "1")
            .withThreads(3)
            .withSetting("b", "2")
            .withMemoryLimit(4096)
            .withSetting("a", "3");
    assertEquals(Map.of("a", "3", "b", "2"), options.settings());
    assertEquals(OptionalInt.of(3), options.threads());
    assertTrue(options.batchInvariant());
    assertFalse(options.withBatchInvariant(false).batchInvariant());
    assertFalse(BackendOptions.defaults().batchInvariant());
    assertEquals(OptionalLong.of(4096), options.memoryLimit());
    assertThrows(UnsupportedOperationException.class, () -> options.settings().put("c", "4"));
  }

  @Test
  void memoryUsageIsCompleteAndFixed() {
    Map<Usage, Long> held = new LinkedHashMap<>(Map.of(Usage.CACHE, 5L, Usage.IO, 2L));
    MemoryUsage usage = new MemoryUsage(held);
    held.put(Usage.CACHE, 9L);
    assertEquals(5, usage.of(Usage.CACHE));
    assertEquals(0, usage.of(Usage.WEIGHTS));
    assertEquals(7, usage.total());
    assertEquals(List.of(Usage.values()), List.copyOf(usage.bytes().keySet()));
    assertThrows(UnsupportedOperationException.class, () -> usage.bytes().clear());
    assertEquals(usage, new MemoryUsage(Map.of(Usage.CACHE, 5L, Usage.IO, 2L, Usage.WEIGHTS, 0L)));
  }

  @Test
  void factsAboutADeviceKeepTheirOrder() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("z", "1");
    properties.put("a", "2");
    DeviceInfo device = new DeviceInfo("device", 1, 1, 1, 1, properties);
    properties.clear();
    assertEquals(List.of("z", "a"), List.copyOf(device.properties().keySet()));
    assertThrows(UnsupportedOperationException.class, () -> device.properties().clear());
    List<DeviceInfo> devices = new ArrayList<>(List.of(device));
    Availability.Available available = new Availability.Available(devices);
    devices.clear();
    assertEquals(List.of(device), available.devices());
  }

  @Test
  void messagesAreOneLine() {
    List<BackendException> all =
        List.of(
            new BackendUnavailableException("no driver"),
            new OutOfMemoryException("the cache", 1 << 30, 1 << 20),
            new UnsupportedException("no such type"),
            new DeviceFailureException("lost", new IllegalStateException("why")));
    for (BackendException exception : all) {
      assertEquals(1, exception.getMessage().lines().count());
      assertFalse(exception.getMessage().isBlank());
    }
  }
}
