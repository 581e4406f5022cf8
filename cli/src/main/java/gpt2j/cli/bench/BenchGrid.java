package gpt2j.cli.bench;

import gpt2j.bench.result.BenchmarkCommand;
import java.util.List;

/** The benchmarks over a grid: what each is for, and what it measures unless told otherwise. */
enum BenchGrid {
  THROUGHPUT(
      BenchmarkCommand.THROUGHPUT,
      new BenchGridOptions.Defaults(
          List.of(true, false), List.of(1, 2, 4, 8, 16, 32), List.of(32), List.of(32), 5, 1),
      """
      Measures rates, latencies and memory over prompt lengths, generated lengths and batches.
      Default: prompts of 32 tokens, 32 new ones, batches 1,2,4,8,16,32, with the cache and \
      without; 5 repetitions after 1.\
      """,
      "--backend cpu --precision f32,bf16 --use-cache true",
      "--prompt-tokens 512 --new-tokens 1 --batch 1 --format csv"),
  TRACE(
      BenchmarkCommand.TRACE,
      new BenchGridOptions.Defaults(
          List.of(true, false), List.of(1), List.of(32), List.of(256), 5, 1),
      """
      Measures the latency of every single token, with the cache and without.
      Default: a prompt of 32 tokens, 256 new ones; 5 repetitions after 1.\
      """,
      "--size gpt2 --new-tokens 512"),
  EXPERIMENT(
      BenchmarkCommand.EXPERIMENT,
      new BenchGridOptions.Defaults(
          List.of(true, false), List.of(1), List.of(32), List.of(32, 64, 128, 256, 512), 3, 1),
      """
      Measures the speedup that the KV cache brings, over model sizes and lengths.
      Default: gpt2, a prompt of 32 tokens, 32, 64, 128, 256 and 512 new ones; 3 repetitions after \
      1.\
      """,
      "",
      "--size gpt2,gpt2-medium,gpt2-large --new-tokens 32,64,128",
      "--config results/experiment-20260102-030405/result.json"),
  PROFILE(
      BenchmarkCommand.PROFILE,
      new BenchGridOptions.Defaults(List.of(true), List.of(1), List.of(128), List.of(64), 3, 1),
      """
      Measures where the time of a step goes: embedding, ln_1, qkv, kv_append, attention, \
      attn_proj, ln_2, mlp_fc, mlp_proj, ln_f, head, sample, and the rest. Where the backend can \
      time them apart also scores, softmax and mix of attention, and gelu of mlp_fc.
      Default: a prompt of 128 tokens, 64 new ones, with the cache; 3 repetitions after 1.\
      """,
      "--size gpt2 --precision f32,bf16",
      "--batch 1,32"),
  ROOFLINE(
      BenchmarkCommand.ROOFLINE,
      new BenchGridOptions.Defaults(List.of(true), List.of(1), List.of(512), List.of(16), 5, 1),
      """
      Measures how near operations and steps come to the device's read bandwidth and arithmetic.
      Default: a prompt of 512 tokens, 16 new ones, with the cache; 5 repetitions after 1.\
      """,
      "--size gpt2 --batch 1,16");

  final BenchmarkCommand command;
  final BenchGridOptions.Defaults defaults;
  final List<String> description;
  final List<String> examples;

  BenchGrid(
      BenchmarkCommand command,
      BenchGridOptions.Defaults defaults,
      String description,
      String... examples) {
    this.command = command;
    this.defaults = defaults;
    this.description = description.lines().toList();
    this.examples =
        List.of(examples).stream()
            .map(
                options ->
                    "  bin/cli bench %s %s".formatted(command.label(), options).stripTrailing())
            .toList();
  }
}
