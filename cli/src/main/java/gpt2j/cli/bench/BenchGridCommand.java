package gpt2j.cli.bench;

import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ResultFile;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.options.CommonOptions;
import gpt2j.cli.options.GroupedHelp;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A benchmark over a grid of cases. */
@Command
final class BenchGridCommand implements Callable<Integer> {
  private final CommandContext context;
  private final BenchGrid benchmark;
  private @Nullable CommandSpec spec;

  @Mixin(name = "Model")
  private BenchModelOptions models = new BenchModelOptions();

  @Mixin(name = "Cases")
  private BenchGridOptions grid = new BenchGridOptions();

  @Mixin(name = "Results")
  private BenchRunOptions run = new BenchRunOptions();

  @Mixin(name = "Other")
  private CommonOptions common = new CommonOptions();

  BenchGridCommand(CommandContext context, BenchGrid benchmark) {
    this.context = context;
    this.benchmark = benchmark;
  }

  @Spec
  private void take(CommandSpec own) {
    spec = own;
    own.usageMessage()
        .description(benchmark.description.toArray(String[]::new))
        .footerHeading(GroupedHelp.EXAMPLES)
        .footer(benchmark.examples.toArray(String[]::new));
  }

  @Override
  public Integer call() {
    GridSettings given =
        run.config(Objects.requireNonNull(spec), ResultFile::readGridSettings, models::locate)
            .orElseGet(() -> grid.settings(models, benchmark.defaults));
    return new BenchRunner(context, run, models)
        .run(
            benchmark.command,
            (benchmarks, directory) ->
                benchmarks.grid(
                    benchmark.command,
                    directory
                        .before()
                        .map(ResultFile::gridSettings)
                        .map(settings -> models.locate(directory.path(), settings))
                        .orElse(given),
                    directory));
  }
}
