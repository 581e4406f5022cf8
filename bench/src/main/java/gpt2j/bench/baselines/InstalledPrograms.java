package gpt2j.bench.baselines;

import gpt2j.bench.context.BenchException;
import gpt2j.bench.context.ProgramOptions;
import gpt2j.bench.result.setup.Program;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The programs as they are found on this machine, and a temporary folder with what they run. */
final class InstalledPrograms implements AutoCloseable {
  private static final String TRANSFORMERS = "transformers_program.py";
  private static final String NANOGPT = "nanogpt_program.py";
  private static final String JLAMA = "JlamaProgram.java";

  private final ProgramOptions options;
  private final Path folder;

  InstalledPrograms(ProgramOptions options) {
    this.options = options;
    try {
      folder = Files.createTempDirectory("gpt2j-baselines-");
      for (String name : List.of("protocol.py", TRANSFORMERS, NANOGPT, JLAMA)) {
        try (InputStream in =
            Objects.requireNonNull(InstalledPrograms.class.getResourceAsStream(name), name)) {
          Files.copy(in, folder.resolve(name));
        }
      }
    } catch (IOException e) {
      throw BenchException.failure("the folder of temporary files can't be written: " + e);
    }
  }

  List<BaselineProgram> of(List<Program> programs) {
    return programs.stream().map(this::of).toList();
  }

  private BaselineProgram of(Program program) {
    return switch (program) {
      case TRANSFORMERS -> python(program, TRANSFORMERS);
      case NANOGPT -> python(program, NANOGPT);
      case NANOGPT_CACHE -> python(program, NANOGPT, "cache");
      case LLAMA_CPP -> new LlamaCpp(options.llamaBench());
      case JLAMA -> new Jlama(folder.resolve(JLAMA), options.download());
    };
  }

  private BaselineProgram python(Program program, String script, String... variant) {
    return new PythonProgram(
        program.label(), options.python(), folder.resolve(script), List.of(variant));
  }

  /** Removes the folder. */
  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // A temporary folder that stays is the system's to remove.
    }
  }

  /**
   * A program of PyTorch.
   *
   * @param name in results
   * @param python that runs it
   * @param script of ours
   * @param variant what else the script is told
   */
  record PythonProgram(String name, String python, Path script, List<String> variant)
      implements BaselineProgram {
    @Override
    public RunningProgram open(Conditions conditions) throws ProgramException {
      List<String> command = new ArrayList<>();
      command.addAll(List.of(python, "-B", script.toString()));
      command.addAll(List.of(conditions.model().toString(), conditions.precisionName()));
      // The device by PyTorch's name for it.
      command.addAll(List.of("" + conditions.threads(), conditions.onGpu() ? "cuda" : "cpu"));
      command.addAll(variant);
      return ScriptProgram.start(conditions, command);
    }
  }
}
