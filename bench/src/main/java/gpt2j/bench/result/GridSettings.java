package gpt2j.bench.result;

import gpt2j.api.BackendOptions;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.setup.Model;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a run varies and how often it measures. Given to the same command again, it measures the
 * same.
 *
 * @param models standard sizes, to be had with random weights, or checkpoint directories
 * @param backends names of backends
 * @param precisions how weights are kept
 * @param threads host threads; empty for the backend's default
 * @param useCache cache on, off, or both
 * @param batches sequences side by side
 * @param promptTokens prompt lengths
 * @param newTokens generated lengths; 1 measures prefill alone
 * @param repetitions samples per case
 * @param warmup repetitions before, not counted
 * @param seed of the prompts' random tokens
 */
public record GridSettings(
    List<String> models,
    List<String> backends,
    List<WeightFormat> precisions,
    OptionalInt threads,
    List<Boolean> useCache,
    List<Integer> batches,
    List<Integer> promptTokens,
    List<Integer> newTokens,
    int repetitions,
    int warmup,
    long seed) {
  public GridSettings {
    models = List.copyOf(models);
    backends = List.copyOf(backends);
    precisions = List.copyOf(precisions);
    useCache = List.copyOf(useCache);
    batches = List.copyOf(batches);
    promptTokens = List.copyOf(promptTokens);
    newTokens = List.copyOf(newTokens);
    requireSome("models", models);
    requireSome("backends", backends);
    requireSome("precisions", precisions);
    requireSome("use_cache", useCache);
    requireCounts("batches", batches);
    requireCounts("prompt_tokens", promptTokens);
    requireCounts("new_tokens", newTokens);
    requireCounts("repetitions", List.of(repetitions));
    if (warmup < 0) {
      throw new IllegalArgumentException("warmup must be 0 or more, not " + warmup);
    }
    requireThreads(threads);
  }

  /** The same for results: checkpoints by their names, not by where on this machine they are. */
  public GridSettings withNames() {
    return withModels(models.stream().map(Model::reference).toList());
  }

  /** The same with other models. */
  public GridSettings withModels(List<String> others) {
    return new GridSettings(
        others,
        backends,
        precisions,
        threads,
        useCache,
        batches,
        promptTokens,
        newTokens,
        repetitions,
        warmup,
        seed);
  }

  static void requireThreads(OptionalInt threads) {
    threads.ifPresent(BackendOptions.defaults()::withThreads);
  }

  static void requireSome(String name, List<?> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException(name + " is empty: there is nothing to measure");
    }
  }

  static void requireCounts(String name, List<Integer> counts) {
    requireSome(name, counts);
    for (int count : counts) {
      if (count < 1) {
        throw new IllegalArgumentException(name + " must be 1 or more, not " + count);
      }
    }
  }
}
