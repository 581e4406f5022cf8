package gpt2j.bench.result;

import gpt2j.api.tensor.WeightFormat;

/**
 * One combination of what a benchmark varies.
 *
 * @param model name of the {@link gpt2j.bench.result.setup.Model}
 * @param backend name of the backend
 * @param precision how weights are kept
 * @param threads host threads that compute
 * @param useCache whether keys and values of earlier tokens are kept; if not, all tokens are
 *     prefilled again for each new one
 * @param batch sequences side by side
 * @param promptTokens tokens of each prompt
 * @param newTokens tokens drawn for each sequence, the first included
 */
public record BenchmarkCase(
    String model,
    String backend,
    WeightFormat precision,
    int threads,
    boolean useCache,
    int batch,
    int promptTokens,
    int newTokens) {
  /** The same with or without the cache. */
  public BenchmarkCase withUseCache(boolean use) {
    return new BenchmarkCase(
        model, backend, precision, threads, use, batch, promptTokens, newTokens);
  }

  /** The same of another model. */
  public BenchmarkCase withModel(String name) {
    return new BenchmarkCase(
        name, backend, precision, threads, useCache, batch, promptTokens, newTokens);
  }

  /** What is measured, in the manner of llama-bench: {@code pp512+tg128}, {@code … b8 no cache}. */
  public String test() {
    return "pp%d+tg%d%s%s"
        .formatted(
            promptTokens, newTokens, batch == 1 ? "" : " b" + batch, useCache ? "" : " no cache");
  }
}
