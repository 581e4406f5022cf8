package gpt2j.cli.bench;

import gpt2j.bench.Benchmarks;
import gpt2j.bench.ResultDirectory;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.CompareSettings;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ResultFile;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs {@code bench compare}. */
@Command(
    name = "compare",
    description = {
      "Compares two sides: how many times as fast B is, with 95 %% confidence intervals.",
      "Either two results of throughput, trace or experiment, or, with --vs, two sides measured in"
          + " turn, so that a noisy machine doesn't decide. Default of the latter: a prompt of 128"
          + " tokens, 64 new ones, with the cache; 9 pairs after 1."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli bench compare results/before/result.json results/after/result.json",
      "  bin/cli bench compare --size gpt2 --vs precision=bf16",
      "  bin/cli bench compare --size gpt2 --backend cpu --vs backend=cuda --batch 1,16"
    })
final class BenchCompareCommand extends ContextCommand {
  private static final int SIDES = 2;
  private static final BenchGridOptions.Defaults DEFAULTS =
      new BenchGridOptions.Defaults(List.of(true), List.of(1), List.of(128), List.of(64), 9, 1);

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..2",
      paramLabel = "FILE",
      description = "The result.json of A, or its directory, and that of B.")
  private List<Path> files = List.of();

  @Option(
      names = "--vs",
      paramLabel = "NAME=VALUE",
      description =
          "What B has instead of what A has: backend=…, precision=…, threads=… or use-cache=….")
  private @Nullable String vs;

  @Mixin(name = "Model")
  private BenchModelOptions models = new BenchModelOptions(context);

  @Mixin(name = "Cases")
  private BenchGridOptions grid = new BenchGridOptions();

  @Mixin(name = "Results")
  private BenchRunOptions run = new BenchRunOptions();

  BenchCompareCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    if (run.isAskedToGoOn(spec)) {
      return run(this::goOn);
    }
    Optional<CompareSettings> again =
        run.config(
            spec,
            ResultFile::readCompareSettings,
            (file, settings) -> settings.withGrid(grid -> models.locate(file, grid)));
    if (again.isPresent()) {
      requireNoFiles("--config");
      return measure(
          Objects.requireNonNull(again.get().grid()), Objects.requireNonNull(again.get().vs()));
    }
    if (vs == null) {
      return compareFiles();
    }
    requireNoFiles("--vs");
    return measure(grid.settings(models, DEFAULTS), vs);
  }

  private void requireNoFiles(String option) {
    if (!files.isEmpty()) {
      throw UserError.usage(
          option + " and files exclude each other: measure in turn, or compare files");
    }
  }

  private int measure(GridSettings settings, String second) {
    return run((benchmarks, directory) -> benchmarks.compare(settings, second, directory));
  }

  private int compareFiles() {
    if (files.size() != SIDES) {
      throw UserError.usage("nothing to compare: give two FILEs, or --vs NAME=VALUE");
    }
    BenchRunOptions.requireNoOther(spec, "FILE");
    if (!models.modelOption().isEmpty()) {
      throw UserError.usage("FILE and --model exclude each other: results say what was measured");
    }
    return run(
        (benchmarks, directory) ->
            benchmarks.compare(
                ResultFile.in(files.getFirst()), ResultFile.in(files.getLast()), directory));
  }

  private int run(BiFunction<Benchmarks, ResultDirectory, BenchmarkResult> measure) {
    return new BenchRunner(context, run, models).run(BenchmarkCommand.COMPARE, measure);
  }

  private BenchmarkResult goOn(Benchmarks benchmarks, ResultDirectory directory) {
    BenchmarkResult before = directory.before().orElseThrow();
    GridSettings settings = models.locate(directory.path(), ResultFile.gridSettings(before));
    return before instanceof CompareResult compare
        ? benchmarks.compare(settings, Objects.requireNonNull(compare.settings().vs()), directory)
        : benchmarks.compare(settings, "", directory);
  }
}
