package gpt2j.cli.bench;

import gpt2j.bench.Benchmarks;
import gpt2j.bench.RunDirectory;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.cli.io.Context;
import gpt2j.cli.options.GroupedHelp;
import java.util.List;
import picocli.CommandLine.Command;

/** Runs {@code bench trace}. */
@Command(
    name = "trace",
    description = {
      "Measures the latency of every single token, with the cache and without.",
      "Default: a prompt of 32 tokens, 256 new ones; 5 repetitions after 1."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {"  bin/cli bench trace --size gpt2 --new-tokens 512"})
final class BenchTraceCommand extends BenchGridCommand {
  BenchTraceCommand(Context context) {
    super(
        context,
        "trace",
        new BenchGridOptions.Defaults(
            List.of(true, false), List.of(1), List.of(32), List.of(256), 5, 1));
  }

  @Override
  BenchmarkResult measure(Benchmarks benchmarks, GridSettings settings, RunDirectory directory) {
    return benchmarks.trace(settings, directory);
  }
}
