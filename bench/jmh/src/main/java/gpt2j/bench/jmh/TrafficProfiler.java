package gpt2j.bench.jmh;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.runner.IterationType;

/**
 * Adds to each result how many bytes the operation must move and how fast it moved them. Where data
 * come from memory also how fast that can be read, measured just before each iteration, and the
 * share that was reached: above 100 % something did come from caches, or others used the memory
 * while it was measured.
 */
public final class TrafficProfiler implements InternalProfiler {
  static final String BYTES = "bytes";
  static final String RATE = "rate";
  static final String BANDWIDTH = "bandwidth";
  static final String SHARE = "share";

  private @Nullable Bandwidth memory;
  private double bandwidth;

  /** JMH makes one in each process. */
  public TrafficProfiler() {}

  @Override
  public String getDescription() {
    return "Bytes moved, and the share of the memory's bandwidth";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    if (iteration.getType() == IterationType.MEASUREMENT
        && Traffic.isFromMemory(operation(benchmark))) {
      if (memory == null) {
        memory =
            Bandwidth.of(
                benchmark.getParam("backend"), Integer.parseInt(benchmark.getParam("threads")));
      }
      bandwidth = memory.measure();
    }
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    // Without results the benchmark failed, which is told if nothing else fails here.
    if (iteration.getType() != IterationType.MEASUREMENT
        || result.getRawPrimaryResults().isEmpty()) {
      return List.of();
    }
    String operation = operation(benchmark);
    long bytes = Traffic.bytes(operation, benchmark::getParam);
    double rate = bytes / seconds(benchmark, result.getPrimaryResult().getScore());
    List<Result<?>> results = new ArrayList<>();
    results.add(scalar(BYTES, bytes, "B/op"));
    results.add(scalar(RATE, rate / 1e9, "GB/s"));
    if (Traffic.isFromMemory(operation)) {
      results.add(scalar(BANDWIDTH, bandwidth / 1e9, "GB/s"));
      results.add(scalar(SHARE, 100 * rate / bandwidth, "%"));
    }
    return results;
  }

  private static String operation(BenchmarkParams benchmark) {
    String name = benchmark.getBenchmark();
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static double seconds(BenchmarkParams benchmark, double score) {
    double unit = benchmark.getTimeUnit().toNanos(1) / (double) TimeUnit.SECONDS.toNanos(1);
    return switch (benchmark.getMode()) {
      case Throughput -> unit / score;
      default -> unit * score;
    };
  }

  private static ScalarResult scalar(String name, double value, String unit) {
    return new ScalarResult(name, value, unit, AggregationPolicy.AVG);
  }
}
