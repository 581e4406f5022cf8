package gpt2j.bench.plot;

import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BaselinesSettings;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.CompareSettings;
import gpt2j.bench.result.Comparison;
import gpt2j.bench.result.Comparison.Ratio;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.MemoryFigures;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfiledStep;
import gpt2j.bench.result.ProgramMeasurement;
import gpt2j.bench.result.ProgramSummary;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflinePoint;
import gpt2j.bench.result.setup.DeviceDescription;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.MachineDescription;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.result.setup.Program;
import gpt2j.bench.result.setup.Surroundings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** Results as a run of some size has them: made up, with noise. */
public final class PlausibleResults {
  private static final String PROCESSOR = "Example <b>processor</b> & co";
  private static final int THREADS = 2;

  private static final Header HEADER =
      new Header(
          ResultFile.FORMAT,
          Instant.parse("2026-01-02T03:04:05Z"),
          Instant.parse("2026-01-02T03:45:06Z"),
          true,
          new MachineDescription(PROCESSOR, 2, 24L << 30, "Linux 6.1", "25.0.1 OpenJDK"),
          "0.1.0",
          List.of(
              new DeviceDescription("cpu", PROCESSOR, 24L << 30, 2, Map.of("vector", "512 bits"))),
          List.of(
              new Model("gpt2", true, 124_439_808, 12, 12, 768, 1024, 50257),
              new Model("gpt2-medium", true, 354_823_168, 24, 16, 1024, 1024, 50257)));

  private static final Surroundings AROUND =
      new Surroundings(List.of(0.02, 0.37, 0.05), List.of(3.1e10, 3.34e10, 3.29e10));

  private static final GridSettings GRID =
      new GridSettings(
          List.of("gpt2"),
          List.of("cpu"),
          List.of(WeightFormat.F32, WeightFormat.BF16),
          OptionalInt.of(THREADS),
          List.of(true, false),
          List.of(1, 2, 4, 8, 16, 32),
          List.of(128),
          List.of(64),
          5,
          1,
          0);

  private final SplittableRandom random = new SplittableRandom(7);

  private PlausibleResults() {}

  /** One of each kind. */
  public static List<BenchmarkResult> all() {
    PlausibleResults results = new PlausibleResults();
    return List.of(
        results.throughput(),
        results.trace(),
        results.experiment(),
        results.profile(),
        results.compare(),
        results.roofline(),
        results.baselines());
  }

  private BenchmarkResult throughput() {
    List<Measurement> measurements = new ArrayList<>();
    for (WeightFormat precision : List.of(WeightFormat.F32, WeightFormat.BF16)) {
      for (boolean cache : new boolean[] {true, false}) {
        for (int batch : GRID.batches()) {
          measurements.add(measure(of("gpt2", precision, cache, batch, 128, 64), 1));
        }
      }
    }
    return new GridResult(BenchmarkCommand.THROUGHPUT, HEADER, GRID, List.copyOf(measurements));
  }

  private BenchmarkResult trace() {
    return new GridResult(
        BenchmarkCommand.TRACE,
        HEADER,
        GRID,
        List.of(
            measure(of("gpt2", WeightFormat.F32, true, 1, 32, 480), 1),
            measure(of("gpt2", WeightFormat.F32, false, 1, 32, 480), 1)));
  }

  private BenchmarkResult experiment() {
    List<Measurement> measurements = new ArrayList<>();
    Map<String, Double> sizes = Map.of("gpt2", 1.0, "gpt2-medium", 2.9, "gpt2-large", 6.2);
    for (String model : List.of("gpt2", "gpt2-medium", "gpt2-large")) {
      for (int length : new int[] {16, 64, 256, 480}) {
        measurements.add(
            measure(of(model, WeightFormat.F32, true, 1, 32, length), sizes.get(model)));
        measurements.add(
            measure(of(model, WeightFormat.F32, false, 1, 32, length), sizes.get(model)));
      }
    }
    return new GridResult(BenchmarkCommand.EXPERIMENT, HEADER, GRID, List.copyOf(measurements));
  }

  private BenchmarkResult profile() {
    List<ProfileMeasurement> measurements = new ArrayList<>();
    for (WeightFormat precision : List.of(WeightFormat.F32, WeightFormat.BF16)) {
      List<ProfiledStep> steps = new ArrayList<>();
      for (int repetition = 0; repetition < 3; repetition++) {
        steps.add(step(repetition, Phase.PREFILL, 128, precision, 30));
        for (int length = 129; length < 400; length++) {
          steps.add(step(repetition, Phase.DECODE, length, precision, 1));
        }
      }
      measurements.add(
          new ProfileMeasurement(
              of("gpt2", precision, true, 1, 128, 272), steps, List.of(15_000_000L), AROUND));
    }
    return new GridResult(BenchmarkCommand.PROFILE, HEADER, GRID, List.copyOf(measurements));
  }

  private ProfiledStep step(
      int repetition, Phase phase, int length, WeightFormat precision, double times) {
    double weights = (precision == WeightFormat.F32 ? 1 : 0.55) * times * 1e6;
    Map<String, Long> sections = new LinkedHashMap<>();
    sections.put("embedding", noisy(0.01e6 * times));
    sections.put("ln_1", noisy(0.1e6 * times));
    sections.put("qkv", noisy(2.5 * weights));
    sections.put("kv_append", noisy(0.05e6 * times));
    sections.put("attention", noisy(0.02e6 * times));
    if (precision == WeightFormat.F32) {
      sections.put("attention/mix", noisy(0.05e6 * times + 0.0014e6 * length * times));
      sections.put("attention/scores", noisy(0.08e6 * times + 0.0016e6 * length * times));
      sections.put("attention/softmax", noisy(0.05e6 * times + 0.0008e6 * length * times));
    } else {
      sections.put("attention", noisy(0.2e6 * times + 0.004e6 * length * times));
    }
    sections.put("attn_proj", noisy(0.9 * weights));
    sections.put("mlp_fc", noisy(3.3 * weights));
    if (precision == WeightFormat.F32) {
      sections.put("mlp_fc/gelu", noisy(0.4 * weights));
    }
    sections.put("mlp_proj", noisy(3.3 * weights));
    sections.put("head", noisy(4.5 * weights / times));
    sections.put("sample", noisy(0.12e6));
    long total = sections.values().stream().mapToLong(Long::longValue).sum();
    return new ProfiledStep(repetition, phase, length, total + noisy(0.3e6), sections);
  }

  private BenchmarkResult compare() {
    List<Comparison> comparisons = new ArrayList<>();
    List<Measurement> a = new ArrayList<>();
    for (int batch : new int[] {1, 16}) {
      BenchmarkCase of = of("gpt2", WeightFormat.F32, true, batch, 128, 64);
      a.add(measure(of, 1));
      comparisons.add(
          new Comparison(
              of,
              new BenchmarkCase("gpt2", "cuda", WeightFormat.F32, THREADS, true, batch, 128, 64),
              List.of(
                  new Ratio("TTFT", "ms", 130, 11, 11.8 / batch, 10.4 / batch, 12.9 / batch),
                  new Ratio("TPOT", "ms", 16, 1.4, 11.4, 10.9, 11.7),
                  new Ratio("end to end", "t/s", 58, 640, 1.1, 0.93, 1.3))));
    }
    return new CompareResult(
        HEADER,
        new CompareSettings("backend=cpu", "backend=cuda", true, GRID, "backend=cuda"),
        comparisons,
        a,
        a);
  }

  private BenchmarkResult roofline() {
    List<RooflinePoint> points = new ArrayList<>();
    for (Phase phase : Phase.values()) {
      int rows = phase == Phase.PREFILL ? 512 : 1;
      point(points, "embedding", phase, rows, 768 * 12L * rows, 768L * rows, 0.2);
      point(points, "ln_1", phase, rows, 12L * 768 * 8 * rows, 12L * 768 * 7 * rows, 0.3);
      matrix(points, "qkv", phase, rows, 12, 768, 2304, 0.87);
      point(points, "kv_append", phase, rows, 12L * 768 * 16 * rows, 0, 0.4);
      point(
          points,
          "attention",
          phase,
          rows,
          12L * 768 * 2 * 4 * 512,
          12L * 768 * 4 * 300 * rows,
          0.55);
      matrix(points, "attn_proj", phase, rows, 12, 768, 768, 0.8);
      matrix(points, "mlp_fc", phase, rows, 12, 768, 3072, 0.9);
      matrix(points, "mlp_proj", phase, rows, 12, 3072, 768, 0.9);
      matrix(points, "head", phase, 1, 1, 768, 50257, 0.93);
      matrix(points, "step", phase, rows, 1, 768, 162_000, 0.84);
    }
    return new GridResult(
        BenchmarkCommand.ROOFLINE,
        HEADER,
        GRID,
        List.of(
            new RooflineMeasurement(
                of("gpt2", WeightFormat.F32, true, 1, 512, 2),
                "a loop over 1 GiB",
                List.of(3.4e10, 3.5e10),
                "a product of 2048 × 2048",
                List.of(1.9e11),
                points,
                AROUND)));
  }

  private void matrix(
      List<RooflinePoint> points,
      String name,
      Phase phase,
      int rows,
      long layers,
      long inputs,
      long outputs,
      double share) {
    long bytes = layers * (inputs * outputs + (inputs + outputs) * rows) * 4;
    point(points, name, phase, rows, bytes, layers * 2 * inputs * outputs * rows, share);
  }

  private void point(
      List<RooflinePoint> points,
      String name,
      Phase phase,
      int rows,
      long bytes,
      long operations,
      double share) {
    double least = Math.max(bytes / 3.5e10, operations / 1.9e11);
    long nanos = (long) (least / share * 1e9) + 1;
    points.add(
        new RooflinePoint(
            name, phase, rows, 512, bytes, operations, List.of(noisy(nanos), noisy(nanos))));
  }

  private BenchmarkResult baselines() {
    List<ProgramMeasurement> measurements = new ArrayList<>();
    List<Integer> drawn = List.of(1, 2, 3);
    OptionalDouble quiet = OptionalDouble.of(0.02);
    for (int round = 0; round < 4; round++) {
      for (WeightFormat precision : List.of(WeightFormat.F32, WeightFormat.BF16)) {
        double faster = precision == WeightFormat.F32 ? 1 : 1.5;
        for (String program : List.of("gpt2j", "transformers", "nanogpt")) {
          double slower = program.equals("gpt2j") ? 1 : program.equals("nanogpt") ? 2.1 : 2.5;
          List<Long> prefill = List.of(noisy(0.53e9 * slower / faster));
          measurements.add(
              new ProgramMeasurement(
                  program,
                  precision,
                  Phase.PREFILL,
                  1,
                  512,
                  round,
                  prefill,
                  none(),
                  quiet,
                  OptionalDouble.empty(),
                  drawn));
          for (int batch : new int[] {1, 16}) {
            List<Long> steps = List.of(noisy(16.8e6 * slower / faster * (1 + batch / 20.0)));
            measurements.add(
                new ProgramMeasurement(
                    program,
                    precision,
                    Phase.DECODE,
                    batch,
                    128,
                    round,
                    steps,
                    none(),
                    quiet,
                    OptionalDouble.of(3.7e10),
                    drawn));
          }
        }
      }
    }
    return new BaselinesResult(
        HEADER,
        new BaselinesSettings(
            "gpt2",
            List.of(Program.TRANSFORMERS, Program.NANOGPT, Program.LLAMA_CPP),
            "cpu",
            List.of(WeightFormat.F32, WeightFormat.BF16),
            OptionalInt.of(THREADS),
            List.of(1, 16),
            512,
            32,
            128,
            4,
            1),
        List.of(
            new ProgramSummary("gpt2j", "0.1.0, cpu", List.of()),
            new ProgramSummary("transformers", "5.18, torch 2.13", List.of()),
            new ProgramSummary("nanogpt", "torch 2.13", List.of()),
            new ProgramSummary("llama.cpp", null, List.of("no llama-bench on the PATH"))),
        measurements);
  }

  /** What another program measured, were it as fast. */
  static ProgramMeasurement of(ProgramMeasurement m, String program) {
    return new ProgramMeasurement(
        program,
        m.precision(),
        m.phase(),
        m.batch(),
        m.tokens(),
        m.round(),
        m.nanos(),
        m.peakResidentBytes(),
        m.othersCores(),
        m.bytesPerSecond(),
        m.drawn());
  }

  private static OptionalLong none() {
    return OptionalLong.empty();
  }

  private static BenchmarkCase of(
      String model, WeightFormat precision, boolean cache, int batch, int prompt, int newTokens) {
    return new BenchmarkCase(model, "cpu", precision, THREADS, cache, batch, prompt, newTokens);
  }

  private Measurement measure(BenchmarkCase of, double size) {
    List<GenerationSample> samples = new ArrayList<>();
    double step = 16e6 * size * (of.precision() == WeightFormat.F32 ? 1 : 0.7);
    double row = 1e6 * size;
    for (int repetition = 0; repetition < 5; repetition++) {
      long prefill = noisy(step + row * of.promptTokens() * of.batch());
      List<Long> steps = new ArrayList<>();
      for (int i = 1; i < of.newTokens(); i++) {
        int rows = of.useCache() ? 1 : of.promptTokens() + i;
        steps.add(noisy(step + row * 0.3 * of.batch() * rows));
      }
      samples.add(new GenerationSample(prefill, prefill + noisy(3e6 * size), steps));
    }
    return new Measurement(
        of,
        samples,
        new MemoryFigures(4096, 2048, Map.of(Usage.WEIGHTS, 497L << 20), OptionalLong.empty()),
        AROUND);
  }

  private long noisy(double nanos) {
    double burst = random.nextInt(60) == 0 ? 0.5 : 0;
    return (long) (nanos * (1 + 0.08 * random.nextDouble() + burst));
  }
}
