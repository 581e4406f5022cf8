package gpt2j.cli.bench;

import gpt2j.bench.result.GridSettings;
import gpt2j.cli.options.Quantity;
import gpt2j.cli.options.Several;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a grid varies, and how often it measures. */
final class BenchGridOptions {
  @Option(
      names = "--prompt-tokens",
      paramLabel = "N,…",
      converter = Several.OfCounts.class,
      description = "Lengths of the prompt.")
  private @Nullable Several<Integer> promptTokens;

  @Option(
      names = "--new-tokens",
      paramLabel = "N,…",
      converter = Several.OfCounts.class,
      description = "Tokens generated for each sequence; 1 measures prefill alone.")
  private @Nullable Several<Integer> newTokens;

  @Option(
      names = "--batch",
      paramLabel = "N,…",
      converter = Several.OfCounts.class,
      description = "Sequences side by side.")
  private @Nullable Several<Integer> batches;

  @Option(
      names = "--use-cache",
      paramLabel = "BOOLEANS",
      converter = Several.OfFlags.class,
      description = "With the KV cache, without it, or both: true, false or true,false.")
  private @Nullable Several<Boolean> useCache;

  @Option(names = "--repetitions", paramLabel = "N", description = "Samples of each case.")
  private @Nullable Integer repetitions;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      converter = Quantity.CountOrZero.class,
      description = "Repetitions before them that don't count.")
  private @Nullable Integer warmup;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the prompts' random tokens. Default: 0.")
  private long seed;

  /** The settings: what was given, and the rest from {@code defaults}. */
  GridSettings settings(BenchModelOptions models, Defaults defaults) {
    return new GridSettings(
        models.models(),
        models.backends(),
        models.precisions(),
        models.threads(),
        or(useCache, defaults.useCache()),
        or(batches, defaults.batches()),
        or(promptTokens, defaults.promptTokens()),
        or(newTokens, defaults.newTokens()),
        repetitions == null ? defaults.repetitions() : repetitions,
        warmup == null ? defaults.warmup() : warmup,
        seed);
  }

  private static <T> List<T> or(@Nullable Several<T> given, List<T> otherwise) {
    return given == null ? otherwise : given.values();
  }

  /** What a benchmark measures unless told otherwise. */
  record Defaults(
      List<Boolean> useCache,
      List<Integer> batches,
      List<Integer> promptTokens,
      List<Integer> newTokens,
      int repetitions,
      int warmup) {}
}
