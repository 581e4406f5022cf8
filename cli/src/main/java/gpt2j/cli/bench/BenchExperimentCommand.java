package gpt2j.cli.bench;

import gpt2j.bench.Benchmarks;
import gpt2j.bench.RunDirectory;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.cli.io.Context;
import gpt2j.cli.options.GroupedHelp;
import java.util.List;
import picocli.CommandLine.Command;

/** Runs {@code bench experiment}. */
@Command(
    name = "experiment",
    description = {
      "Measures the speedup that the KV cache brings, over model sizes and lengths.",
      "Default: gpt2, a prompt of 32 tokens, 32, 64, 128, 256 and 512 new ones; 3 repetitions after"
          + " 1."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli bench experiment",
      "  bin/cli bench experiment --size gpt2,gpt2-medium,gpt2-large --new-tokens 32,64,128",
      "  bin/cli bench experiment --config results/experiment-20260102-030405/result.json"
    })
final class BenchExperimentCommand extends BenchGridCommand {
  BenchExperimentCommand(Context context) {
    super(
        context,
        "experiment",
        new BenchGridOptions.Defaults(
            List.of(true, false), List.of(1), List.of(32), List.of(32, 64, 128, 256, 512), 3, 1));
  }

  @Override
  BenchmarkResult measure(Benchmarks benchmarks, GridSettings settings, RunDirectory directory) {
    return benchmarks.experiment(settings, directory);
  }
}
