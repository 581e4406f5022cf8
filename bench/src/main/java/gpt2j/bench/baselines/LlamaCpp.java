package gpt2j.bench.baselines;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.setup.Program;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.convert.Conversion;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * llama.cpp by its own benchmarks, a process for each measurement: {@code llama-bench} for one
 * sequence, {@code llama-batched-bench} for several. They draw tokens of their own and tell the
 * mean time of a step.
 */
final class LlamaCpp implements BaselineProgram {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final double NANOS = 1e9;

  private final String bench;
  private final String batchedBench;

  /**
   * The program.
   *
   * @param bench name or path of {@code llama-bench}
   */
  LlamaCpp(String bench) {
    this.bench = bench;
    batchedBench = Path.of(bench).resolveSibling("llama-batched-bench").toString();
  }

  @Override
  public String name() {
    return Program.LLAMA_CPP.label();
  }

  @Override
  public boolean quantizes() {
    return true;
  }

  @Override
  public RunningProgram open(Conditions conditions) throws ProgramException {
    String help = String.join("\n", output(conditions, List.of(bench, "--help")).lines());
    Path file = null;
    try {
      file = Files.createTempFile("gpt2j-", ".gguf");
      try (Checkpoint checkpoint = Checkpoint.open(conditions.model())) {
        write(checkpoint, conditions.precision(), file);
        checkpoint.requireUnchanged();
      }
      return new Open(conditions, file, help.contains("--n-depth"));
    } catch (IOException e) {
      delete(file);
      throw ProgramException.gone("its file can't be written: " + e.getMessage());
    } catch (ProgramException | RuntimeException e) {
      delete(file);
      throw e;
    }
  }

  /** Without a vocabulary, since prompts are given as tokens. */
  static void write(Checkpoint checkpoint, WeightFormat format, Path file)
      throws IOException, ProgramException {
    try (OutputStream stream = Files.newOutputStream(file)) {
      Conversion.writeForLlamaCpp(checkpoint, format, stream);
    } catch (CheckpointException e) {
      throw ProgramException.gone("its file can't be written: " + e.getMessage());
    }
  }

  private static void delete(@Nullable Path file) {
    if (file != null) {
      boolean ignored = file.toFile().delete();
    }
  }

  /** What a process wrote, and the most memory it had. */
  private record Output(List<String> lines, OptionalLong peak) {}

  private static Output output(Conditions conditions, List<String> command)
      throws ProgramException {
    try (ChildProcess process = new ChildProcess(conditions.context(), command, Map.of())) {
      List<String> lines = process.lines(conditions.patience());
      if (!process.succeeded()) {
        throw process.ended();
      }
      return new Output(lines, process.peak());
    }
  }

  /** The file, ready to be measured. */
  private final class Open implements RunningProgram {
    private final Conditions conditions;
    private final Path file;
    private final boolean hasDepth;
    private final String version;

    Open(Conditions conditions, Path file, boolean hasDepth) throws ProgramException {
      this.conditions = conditions;
      this.file = file;
      this.hasDepth = hasDepth;
      JsonNode test = bench("-p", "8", "-n", "0", "-r", "1").test();
      version =
          "llama.cpp build %s (%s), %s"
              .formatted(
                  test.path("build_number").asString(""),
                  test.path("build_commit").asString(""),
                  test.path("backends").asString("CPU"));
    }

    @Override
    public String version() {
      return version;
    }

    @Override
    public boolean warmsUp() {
      return true;
    }

    @Override
    public Taken measure(Work work) throws ProgramException {
      if (work.batch() > 1) {
        return batched(work);
      }
      List<String> options = new ArrayList<>();
      int steps = work.newTokens() - 1;
      if (work.phase() == Phase.PREFILL) {
        options.addAll(List.of("-p", "" + work.promptTokens(), "-n", "0"));
      } else {
        options.addAll(List.of("-p", "0", "-n", "" + steps));
        if (hasDepth) { // earlier ones begin with an empty cache
          options.addAll(List.of("-d", "" + work.promptTokens()));
        }
      }
      options.addAll(List.of("-r", "" + work.repetitions()));
      Tested tested = bench(options.toArray(String[]::new));
      List<Long> nanos = new ArrayList<>();
      for (JsonNode sample : tested.test().path("samples_ns")) {
        nanos.add(sample.asLong(0) / (work.phase() == Phase.PREFILL ? 1 : steps));
      }
      return sample(nanos, tested.peak());
    }

    private record Tested(JsonNode test, OptionalLong peak) {}

    private Tested bench(String... options) throws ProgramException {
      List<String> command = new ArrayList<>();
      command.addAll(List.of(bench, "-m", file.toString(), "-t", "" + conditions.threads()));
      command.addAll(List.of("-ngl", conditions.onGpu() ? "99" : "0", "-o", "json"));
      command.addAll(List.of(options));
      Output output = output(conditions, command);
      String text = String.join("\n", output.lines());
      try {
        JsonNode tests = MAPPER.readTree(text.substring(Math.max(0, text.indexOf('['))));
        if (tests.isArray() && tests.size() == 1) {
          return new Tested(tests.get(0), output.peak());
        }
      } catch (JacksonException e) {
        // said below
      }
      throw ProgramException.gone("llama-bench's results aren't understood: " + text);
    }

    private Taken batched(Work work) throws ProgramException {
      int steps = work.newTokens() - 1;
      long positions = (long) work.batch() * (work.promptTokens() + steps);
      List<String> command = new ArrayList<>();
      command.addAll(List.of(batchedBench, "-m", file.toString(), "-c", "" + positions));
      command.addAll(List.of("-npp", "" + work.promptTokens(), "-ntg", "" + steps));
      command.addAll(List.of("-npl", "" + work.batch(), "-t", "" + conditions.threads()));
      command.addAll(List.of("-ngl", conditions.onGpu() ? "99" : "0", "--output-format", "jsonl"));
      Output output;
      try {
        output = output(conditions, command);
      } catch (ProgramException e) {
        throw ProgramException.unsupported(e.getMessage()); // llama-bench may still do
      }
      for (String line : output.lines()) {
        if (line.startsWith("{")) {
          double seconds = MAPPER.readTree(line).path("t_tg").asDouble(0);
          return sample(List.of(Math.round(seconds * NANOS / steps)), output.peak());
        }
      }
      throw ProgramException.unsupported("llama-batched-bench told no results");
    }

    private Taken sample(List<Long> nanos, OptionalLong peak) throws ProgramException {
      if (nanos.isEmpty() || nanos.stream().anyMatch(time -> time <= 0)) {
        throw ProgramException.gone("its results have no times");
      }
      return new Taken(nanos, peak, List.of());
    }

    @Override
    public void close() {
      delete(file);
    }
  }
}
