package gpt2j.bench.result;

import java.util.List;

/**
 * Two cases side by side.
 *
 * @param a the first side's case
 * @param b the second side's
 * @param ratios figure by figure
 */
public record Comparison(BenchmarkCase a, BenchmarkCase b, List<Ratio> ratios) {
  public Comparison {
    ratios = List.copyOf(ratios);
  }
}
