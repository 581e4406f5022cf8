package gpt2j.cli.bench;

import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.ResultFile;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A benchmark over a grid of cases. */
@Command
final class BenchGridCommand extends ContextCommand {
  private final BenchGrid benchmark;
  private CommandSpec spec;

  @Mixin(name = "Model")
  private BenchModelOptions models = new BenchModelOptions(context);

  @Mixin(name = "Cases")
  private BenchGridOptions grid = new BenchGridOptions();

  @Mixin(name = "Results")
  private BenchRunOptions run = new BenchRunOptions();

  BenchGridCommand(CommandContext context, BenchGrid benchmark) {
    super(context);
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
        run.config(spec, ResultFile::readGridSettings, models::locate)
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
