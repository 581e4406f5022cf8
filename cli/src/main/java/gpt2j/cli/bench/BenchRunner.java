package gpt2j.cli.bench;

import gpt2j.bench.Benchmarks;
import gpt2j.bench.ResultDirectory;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.table.Tables;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.options.Version;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;

/** Runs a benchmark for a command: directory, progress, interruption, table. */
final class BenchRunner {
  private final CommandContext context;
  private final BenchRunOptions options;
  private final BenchModelOptions models;

  BenchRunner(CommandContext context, BenchRunOptions options, BenchModelOptions models) {
    this.context = context;
    this.options = options;
    this.models = models;
  }

  /**
   * Runs and prints the table.
   *
   * @param command the benchmark
   * @param measure does the measuring
   */
  int run(
      BenchmarkCommand command, BiFunction<Benchmarks, ResultDirectory, BenchmarkResult> measure) {
    try (ResultDirectory directory = options.directory(command)) {
      return run(command, directory, measure);
    }
  }

  private int run(
      BenchmarkCommand command,
      ResultDirectory directory,
      BiFunction<Benchmarks, ResultDirectory, BenchmarkResult> measure) {
    BenchmarkResult result;
    try (Interruption.Section _ = context.interruption().during(() -> {});
        BenchProgress progress = new BenchProgress(context)) {
      BenchContext benchContext =
          new BenchContext(
              context.backends(),
              System::nanoTime,
              context.machine().get(),
              options.randomModels(context.environment()),
              new Version().getVersion()[0].replace("gpt2j ", ""),
              context.interruption()::requested,
              progress);
      result = measure.apply(new Benchmarks(benchContext), directory);
    } catch (CancellationException e) {
      context.say(
          "interrupted; go on with: bin/cli bench %s --resume %s%s"
              .formatted(command.label(), directory.path(), models.modelOption()));
      throw e;
    }
    context.out().print(Tables.format(result, options.format()));
    context.say("results are in " + directory.path());
    return ExitCode.OK;
  }
}
