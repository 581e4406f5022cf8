package gpt2j.cli.bench;

import gpt2j.bench.Benchmarks;
import gpt2j.bench.RunDirectory;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.cli.io.Context;
import gpt2j.cli.options.GroupedHelp;
import java.util.List;
import picocli.CommandLine.Command;

/** Runs {@code bench roofline}. */
@Command(
    name = "roofline",
    description = {
      "Measures how near operations and steps come to the device's read bandwidth and arithmetic.",
      "Default: a prompt of 512 tokens, 16 new ones, with the cache; 5 repetitions after 1."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {"  bin/cli bench roofline --size gpt2 --batch 1,16"})
final class BenchRooflineCommand extends BenchGridCommand {
  BenchRooflineCommand(Context context) {
    super(
        context,
        "roofline",
        new BenchGridOptions.Defaults(List.of(true), List.of(1), List.of(512), List.of(16), 5, 1));
  }

  @Override
  BenchmarkResult measure(Benchmarks benchmarks, GridSettings settings, RunDirectory directory) {
    return benchmarks.roofline(settings, directory);
  }
}
