package gpt2j.cli.bench;

import gpt2j.bench.ResultDirectory;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.ResultException;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.table.Table;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Choice;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** Where results go, and what they look like. */
final class BenchRunOptions {
  private static final List<String> WITH_ANOTHER_SOURCE =
      List.of(
          "--out",
          "--resume",
          "--config",
          "--format",
          "--model",
          "--offline",
          "--random-models",
          "--debug",
          "--python",
          "--llama-bench",
          "--download",
          "--timeout");
  private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where results are written: a new directory, or an empty one. Default:"
              + " results/COMMAND-TIME.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with an interrupted run, with its settings.")
  private @Nullable Path resume;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Measure what a file says: the result.json of a run, or its settings alone.")
  private @Nullable Path config;

  @Option(
      names = "--format",
      paramLabel = "FORM",
      converter = Choice.OfTableFormat.class,
      completionCandidates = Choice.OfTableFormat.class,
      description = "How the table is printed: ${COMPLETION-CANDIDATES}. Default: md.")
  private Table.Format format = Table.Format.MD;

  @Option(
      names = "--random-models",
      paramLabel = "DIR",
      description =
          "Where checkpoints of standard sizes are made and kept. Default: gpt2j in the cache"
              + " folder.")
  private @Nullable Path randomModels;

  Table.Format format() {
    return format;
  }

  /** The directory of the run. */
  ResultDirectory directory(BenchmarkCommand command) {
    if (resume != null) {
      if (out != null) {
        throw UserError.usage("--out and --resume exclude each other: give one of them");
      }
      return ResultDirectory.resume(resume);
    }
    return ResultDirectory.create(out == null ? newDirectory(command.label()) : out);
  }

  /** Where a command writes its results unless told otherwise. */
  static Path newDirectory(String command) {
    return Path.of("results", command + "-" + LocalDateTime.now().format(TIMESTAMP));
  }

  Path randomModels(Map<String, String> environment) {
    if (randomModels != null) {
      return randomModels;
    }
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path folder =
        cache.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache);
    return folder.resolve("gpt2j");
  }

  /** Whether an earlier run is to go on; checks that nothing else says what to measure. */
  boolean isAskedToGoOn(CommandSpec spec) {
    if (resume != null) {
      requireNoOther(spec, "--resume");
      if (config != null) {
        throw UserError.usage("--resume and --config exclude each other: give one of them");
      }
    }
    return resume != null;
  }

  /**
   * The settings that {@code --config} names by a file, or by the directory of a run. What they say
   * is as wrong as the same on the command line would be, where nothing else may say what to
   * measure.
   *
   * @param read reads them
   * @param locate says where their checkpoints are
   */
  <T> Optional<T> config(CommandSpec spec, Function<Path, T> read, BiFunction<Path, T, T> locate) {
    if (isAskedToGoOn(spec) || config == null) {
      return Optional.empty();
    }
    requireNoOther(spec, "--config");
    try {
      return Optional.of(locate.apply(config, read.apply(ResultFile.in(config))));
    } catch (ResultException e) {
      String message = "--config " + e.getMessage();
      throw e.getCause() instanceof IOException
          ? UserError.failure(message)
          : UserError.usage(message);
    }
  }

  /** Throws if an option says what to measure, though {@code source} does. */
  static void requireNoOther(CommandSpec spec, String source) {
    List<OptionSpec> matched =
        new ArrayList<>(spec.commandLine().getParseResult().matchedOptions());
    matched.removeIf(option -> WITH_ANOTHER_SOURCE.contains(option.longestName()));
    if (!matched.isEmpty()) {
      throw UserError.usage(
          "%s and %s exclude each other: the settings come from the file"
              .formatted(source, matched.getFirst().longestName()));
    }
  }
}
