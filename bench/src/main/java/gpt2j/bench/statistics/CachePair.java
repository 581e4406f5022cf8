package gpt2j.bench.statistics;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.Measurement;
import java.util.List;
import java.util.Optional;

/**
 * The same case with the cache and without.
 *
 * @param uncached empty where it wasn't measured
 */
public record CachePair(Measurement cached, Optional<Measurement> uncached) {
  /** The pairs of some measurements, in the order of those with the cache. */
  public static List<CachePair> of(List<Measurement> measurements) {
    return measurements.stream()
        .filter(m -> m.benchmarkCase().useCache())
        .map(m -> new CachePair(m, partner(m, measurements)))
        .toList();
  }

  private static Optional<Measurement> partner(Measurement cached, List<Measurement> all) {
    BenchmarkCase wanted = cached.benchmarkCase().withUseCache(false);
    return all.stream()
        .filter(m -> m.benchmarkCase().equals(wanted) && !m.samples().isEmpty())
        .findFirst();
  }

  /** The case with the cache. */
  public BenchmarkCase of() {
    return cached.benchmarkCase();
  }
}
