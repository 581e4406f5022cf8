package gpt2j.cli.bench;

import gpt2j.bench.Benchmarks;
import gpt2j.bench.RunDirectory;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ResultFile;
import gpt2j.cli.io.Context;
import gpt2j.cli.options.CommonOptions;
import gpt2j.cli.options.PathName;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A benchmark over a grid of cases. */
abstract class BenchGridCommand implements Callable<Integer> {
  private final Context context;
  private final String command;
  private final BenchGridOptions.Defaults defaults;

  @Spec private CommandSpec spec;

  @Mixin(name = "Model")
  private BenchModelOptions models = new BenchModelOptions();

  @Mixin(name = "Cases")
  private BenchGridOptions grid = new BenchGridOptions();

  @Mixin(name = "Results")
  private BenchRunOptions run = new BenchRunOptions();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      converter = PathName.class,
      description = "Measure what a file says: the result.json of a run, or its settings alone.")
  private @Nullable Path config;

  @Mixin(name = "Other")
  private CommonOptions common = new CommonOptions();

  /**
   * A benchmark.
   *
   * @param command its name
   * @param defaults what it measures unless told otherwise
   */
  BenchGridCommand(Context context, String command, BenchGridOptions.Defaults defaults) {
    this.context = context;
    this.command = command;
    this.defaults = defaults;
  }

  /** Does the measuring. */
  abstract BenchmarkResult measure(
      Benchmarks benchmarks, GridSettings settings, RunDirectory directory);

  @Override
  public final Integer call() {
    GridSettings given = settings();
    return new BenchRunner(context, run, models)
        .run(
            command,
            (benchmarks, directory) ->
                measure(
                    benchmarks,
                    directory
                        .before()
                        .map(ResultFile::gridSettings)
                        .map(settings -> models.locate(directory.path(), settings))
                        .orElse(given),
                    directory));
  }

  private GridSettings settings() {
    boolean goesOn = run.isAskedToGoOn(spec, config);
    return config == null || goesOn
        ? grid.settings(models, defaults)
        : models.locate(config, BenchRunOptions.config(config, ResultFile::readGridSettings));
  }
}
