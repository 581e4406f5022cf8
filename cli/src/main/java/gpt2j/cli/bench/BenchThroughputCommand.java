package gpt2j.cli.bench;

import gpt2j.bench.Benchmarks;
import gpt2j.bench.RunDirectory;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.cli.io.Context;
import gpt2j.cli.options.GroupedHelp;
import java.util.List;
import picocli.CommandLine.Command;

/** Runs {@code bench throughput}. */
@Command(
    name = "throughput",
    description = {
      "Measures rates, latencies and memory over prompt lengths, generated lengths and batches.",
      "Default: prompts of 32 tokens, 32 new ones, batches 1,2,4,8,16,32, with the cache and"
          + " without; 5 repetitions after 1."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli bench throughput --backend cpu --precision f32,bf16 --use-cache true",
      "  bin/cli bench throughput --prompt-tokens 512 --new-tokens 1 --batch 1 --format csv"
    })
final class BenchThroughputCommand extends BenchGridCommand {
  BenchThroughputCommand(Context context) {
    super(
        context,
        "throughput",
        new BenchGridOptions.Defaults(
            List.of(true, false), List.of(1, 2, 4, 8, 16, 32), List.of(32), List.of(32), 5, 1));
  }

  @Override
  BenchmarkResult measure(Benchmarks benchmarks, GridSettings settings, RunDirectory directory) {
    return benchmarks.throughput(settings, directory);
  }
}
