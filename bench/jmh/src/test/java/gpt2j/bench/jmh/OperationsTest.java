package gpt2j.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.Operations;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class OperationsTest {
  @Test
  void everyOperationHasABenchmark() {
    Set<String> measured =
        benchmarks().stream()
            .map(BenchmarkListEntry::getUsername)
            .map(name -> name.substring(name.lastIndexOf('.') + 1))
            .map(name -> name.startsWith("attention") ? "attention" : name)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> operations =
        Arrays.stream(Operations.class.getMethods())
            .filter(method -> method.getReturnType() == void.class)
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    operations.add("gelu"); // which is a part of linear's, and the training operations' own
    assertEquals(operations, measured);
  }

  @ParameterizedTest
  @CsvSource({
    // 768 · 2304 weights, 2304 biases, 768 in, 2304 out
    "linear, matrix=QKV precision=F32 rows=1, 7099392",
    // half the weights; the output is read too; 16 rows
    "linear, matrix=MLP_PROJ precision=BF16 rows=16, 5016576",
    "logits, precision=F32 rows=1, 154593604",
    "linear, matrix=MLP_FC precision=F32 rows=1, 9464832",
    "linear, matrix=MLP_FC_WITHOUT_GELU precision=F32 rows=1, 9464832",
    "gelu, rows=16, 393216",
    "layerNorm, rows=512, 3151872",
    "selectRows, rows=1, 6148",
    "embed, precision=F32 rows=16, 147584",
    "attentionDecode, sequences=1 length=1024 cacheType=F32, 6297600",
    "attentionDecode, sequences=16 length=128 cacheType=BF16, 6389760",
    "attentionDecode, sequences=1 length=1024 cacheType=Q8_0, 1677312",
    "attentionPrefill, length=512 cacheType=F32, 6291456",
    "appendKv, rows=1 cacheType=F32, 12288",
    "copyKv, length=1024 cacheType=F32, 150994944",
    "sample, rows=1, 201032",
    "crossEntropy, rows=1, 201036",
    "advance, rows=16, 256",
  })
  void bytesAreThoseThatMustMove(String operation, String parameters, long bytes) {
    Map<String, String> values =
        Arrays.stream(parameters.split(" "))
            .map(parameter -> parameter.split("="))
            .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    assertEquals(bytes, Traffic.bytes(operation, values::get));
  }

  /** In this process, and too short to tell how fast anything is. */
  @Test
  void resultsComeWithBytesAndBandwidth() throws RunnerException {
    OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("\\.(gelu|appendKv)$")
                    .param("rows", "1")
                    .mode(Mode.AverageTime)
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(10))
                    .addProfiler(TrafficProfiler.class)
                    .shouldFailOnError(true)
                    .build(),
                silent)
            .run();
    assertEquals(2, results.size());
    for (RunResult run : results) {
      double seconds = run.getPrimaryResult().getScore() / 1e6;
      double bytes = secondary(run, TrafficProfiler.BYTES);
      double rate = secondary(run, TrafficProfiler.RATE);
      boolean fromMemory = run.getParams().getBenchmark().endsWith("appendKv");
      assertEquals(fromMemory ? 4 * 768 * 4 : 2 * 3072 * 4, bytes);
      assertEquals(bytes / seconds / 1e9, rate, rate * 1e-6);
      assertEquals(fromMemory, run.getSecondaryResults().containsKey(TrafficProfiler.SHARE));
      if (fromMemory) {
        double bandwidth = secondary(run, TrafficProfiler.BANDWIDTH);
        assertTrue(bandwidth > 0);
        assertEquals(100 * rate / bandwidth, secondary(run, TrafficProfiler.SHARE), rate * 1e-6);
      }
    }
  }

  /** The way of devices other than the processor works on any backend. */
  @Test
  void aDevicesMemoryCanBeMeasuredByCopying() {
    try (Bandwidth memory = new DeviceCopy("cpu", 64)) {
      assertTrue(memory.measure() > 0);
    }
  }

  @Test
  void aBackendMayHaveSettings() {
    try (Bandwidth memory = Bandwidth.of("cpu/batch-invariant=true", 1)) {
      assertTrue(memory instanceof HostRead && memory.measure() > 0);
    }
    try (Backend backend = Device.open("cpu/batch-invariant=true", 1)) {
      assertEquals(1, backend.device().threads());
    }
  }

  private static double secondary(RunResult run, String name) {
    return run.getSecondaryResults().get(name).getScore();
  }

  private static Set<BenchmarkListEntry> benchmarks() {
    OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
    return BenchmarkList.defaultList().find(silent, List.of(".*"), List.of());
  }
}
