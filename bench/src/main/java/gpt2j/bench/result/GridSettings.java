package gpt2j.bench.result;

import gpt2j.api.Precision;
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
    List<Precision> precisions,
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
  }
}
