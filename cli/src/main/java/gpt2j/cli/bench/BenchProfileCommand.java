package gpt2j.cli.bench;

import gpt2j.bench.Benchmarks;
import gpt2j.bench.RunDirectory;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.cli.io.Context;
import gpt2j.cli.options.GroupedHelp;
import java.util.List;
import picocli.CommandLine.Command;

/** Runs {@code bench profile}. */
@Command(
    name = "profile",
    description = {
      "Measures where the time of a step goes: embedding, ln_1, qkv, kv_append, attention,"
          + " attn_proj, ln_2, mlp_fc, mlp_proj, ln_f, head, sample, and the rest. Where the"
          + " backend can time them apart also scores, softmax and mix of attention, and gelu of"
          + " mlp_fc.",
      "Default: a prompt of 128 tokens, 64 new ones, with the cache; 3 repetitions after 1."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli bench profile --size gpt2 --precision f32,bf16",
      "  bin/cli bench profile --batch 1,32"
    })
final class BenchProfileCommand extends BenchGridCommand {
  BenchProfileCommand(Context context) {
    super(
        context,
        "profile",
        new BenchGridOptions.Defaults(List.of(true), List.of(1), List.of(128), List.of(64), 3, 1));
  }

  @Override
  BenchmarkResult measure(Benchmarks benchmarks, GridSettings settings, RunDirectory directory) {
    return benchmarks.profile(settings, directory);
  }
}
