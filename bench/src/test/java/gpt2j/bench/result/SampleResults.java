package gpt2j.bench.result;

import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.Comparison.Ratio;
import gpt2j.bench.result.setup.DeviceDescription;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.MachineDescription;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.result.setup.Program;
import gpt2j.bench.result.setup.Surroundings;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A small result of every command. */
public final class SampleResults {
  private static final Header HEADER =
      new Header(
          ResultFile.FORMAT,
          Instant.parse("2026-01-02T03:04:05Z"),
          Instant.parse("2026-01-02T03:05:06.789Z"),
          true,
          new MachineDescription("A processor", 8, 16L << 30, "Linux 6.1", "25.0.1 OpenJDK"),
          "0.1.0",
          List.of(
              new DeviceDescription(
                  "cpu", "A processor", 16L << 30, 4, Map.of("vector", "512 bits"))),
          List.of(new Model("gpt2", true, 124_439_808, 12, 12, 768, 1024, 50257)));

  private static final GridSettings GRID =
      new GridSettings(
          List.of("gpt2"),
          List.of("cpu"),
          List.of(WeightFormat.F32),
          OptionalInt.empty(),
          List.of(true, false),
          List.of(1, 8),
          List.of(32),
          List.of(4),
          2,
          1,
          0);

  private static final Surroundings AROUND =
      new Surroundings(List.of(0.02, 0.3), List.of(3.1e10, 3.3e10));

  private static final BenchmarkCase CACHED =
      new BenchmarkCase("gpt2", "cpu", WeightFormat.F32, 4, true, 1, 32, 4);

  private SampleResults() {}

  /** One of each. */
  public static List<BenchmarkResult> all() {
    Measurement cached = measurement(CACHED, 10);
    Measurement uncached = measurement(CACHED.withUseCache(false), 30);
    return List.of(
        new GridResult(BenchmarkCommand.THROUGHPUT, HEADER, GRID, List.of(cached, uncached)),
        new GridResult(BenchmarkCommand.TRACE, HEADER, GRID, List.of(cached, uncached)),
        new GridResult(BenchmarkCommand.EXPERIMENT, HEADER, GRID, List.of(cached, uncached)),
        profile(),
        new CompareResult(
            HEADER,
            new CompareSettings("use-cache=true", "use-cache=false", true, GRID, "use-cache=false"),
            List.of(
                new Comparison(
                    cached.benchmarkCase(),
                    uncached.benchmarkCase(),
                    List.of(new Ratio("TPOT", "ms", 10e-6, 30e-6, 1.0 / 3, 0.3, 0.35)))),
            List.of(cached),
            List.of(uncached)),
        roofline(),
        baselines());
  }

  /** The same with no more than one repetition. */
  public static BenchmarkResult once(BenchmarkResult result) {
    return switch (result) {
      case GridResult r
          when r.command() == BenchmarkCommand.PROFILE
              || r.command() == BenchmarkCommand.ROOFLINE ->
          r;
      case GridResult r ->
          new GridResult(
              r.command(), HEADER, GRID, List.copyOf(firstOf(r.measurements(Measurement.class))));
      case BaselinesResult r -> r;
      case CompareResult r ->
          new CompareResult(
              r.header(),
              r.settings(),
              List.of(
                  new Comparison(
                      CACHED,
                      CACHED.withUseCache(false),
                      List.of(
                          new Ratio("TPOT", "ms", 10e-6, 30e-6, 1.0 / 3, Double.NaN, Double.NaN)))),
              firstOf(r.measurementsA()),
              firstOf(r.measurementsB()));
    };
  }

  private static List<Measurement> firstOf(List<Measurement> measurements) {
    return measurements.stream()
        .map(
            m ->
                new Measurement(
                    m.benchmarkCase(),
                    m.samples().subList(0, 1),
                    m.memory(),
                    new Surroundings(List.of(0.02), List.of())))
        .toList();
  }

  private static Measurement measurement(BenchmarkCase benchmarkCase, long step) {
    return new Measurement(
        benchmarkCase,
        List.of(
            new GenerationSample(100, 120, List.of(step, step + 1, step + 2)),
            new GenerationSample(101, 121, List.of(step + 1, step, step))),
        new MemoryFigures(
            4096,
            2048,
            Map.of(Usage.WEIGHTS, 497L << 20, Usage.CACHE, 4096L),
            step == 10 ? OptionalLong.of(690L << 20) : OptionalLong.empty()),
        step == 10 ? AROUND : Surroundings.UNKNOWN);
  }

  private static GridResult profile() {
    Map<String, Long> sections = new LinkedHashMap<>();
    sections.put("embedding", 1L);
    sections.put("ln_1", 2L);
    sections.put("qkv", 30L);
    sections.put("mlp_fc", 40L);
    return new GridResult(
        BenchmarkCommand.PROFILE,
        HEADER,
        GRID,
        List.of(
            new ProfileMeasurement(
                CACHED,
                List.of(
                    new ProfiledStep(0, Phase.PREFILL, 32, 800, sections),
                    new ProfiledStep(0, Phase.DECODE, 33, 80, sections)),
                List.of(78L, 79L),
                AROUND)));
  }

  private static GridResult roofline() {
    return new GridResult(
        BenchmarkCommand.ROOFLINE,
        HEADER,
        GRID,
        List.of(
            new RooflineMeasurement(
                CACHED,
                "a loop over 1 GiB",
                List.of(3.4e10, 3.5e10),
                "a product of 2048 × 2048",
                List.of(1.5e11),
                List.of(
                    new RooflinePoint(
                        "qkv", Phase.DECODE, 1, 33, 7_086_096, 3_538_944, List.of(9L)),
                    new RooflinePoint(
                        RooflinePoint.STEP,
                        Phase.DECODE,
                        1,
                        33,
                        494L << 20,
                        250L << 20,
                        List.of(7L))),
                AROUND)));
  }

  public static BaselinesResult baselines() {
    return new BaselinesResult(
        HEADER,
        new BaselinesSettings(
            "gpt2",
            List.of(Program.TRANSFORMERS, Program.JLAMA),
            "cpu",
            List.of(WeightFormat.F32, WeightFormat.BF16),
            OptionalInt.of(2),
            List.of(1, 16),
            512,
            32,
            128,
            5,
            1),
        List.of(
            new ProgramSummary("gpt2j", "0.1.0, cpu", List.of()),
            new ProgramSummary("transformers", "5.18, torch 2.13", List.of("bf16: out of memory")),
            new ProgramSummary("jlama", null, List.of("no jar on Maven Central"))),
        List.of(
            new ProgramMeasurement(
                "gpt2j",
                WeightFormat.F32,
                Phase.PREFILL,
                1,
                512,
                0,
                List.of(500L, 510L),
                OptionalLong.of(690L << 20),
                OptionalDouble.of(0.25),
                OptionalDouble.empty(),
                List.of()),
            new ProgramMeasurement(
                "gpt2j",
                WeightFormat.F32,
                Phase.DECODE,
                1,
                128,
                0,
                List.of(20_000_000L),
                OptionalLong.empty(),
                OptionalDouble.empty(),
                OptionalDouble.of(4e10),
                List.of()),
            new ProgramMeasurement(
                "transformers",
                WeightFormat.BF16,
                Phase.DECODE,
                16,
                3,
                0,
                List.of(42L, 43L),
                OptionalLong.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                List.of(7, 8, 9))));
  }
}
