package gpt2j.bench.grid;

import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.ExperimentResult;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.ThroughputResult;
import gpt2j.bench.result.TraceResult;
import gpt2j.bench.result.setup.Header;
import java.util.List;

/** The benchmarks that run a grid; they differ in their defaults and in what is shown. */
public enum GridKind {
  THROUGHPUT,
  TRACE,
  EXPERIMENT;

  BenchmarkResult result(Header header, GridSettings settings, List<Measurement> measurements) {
    return switch (this) {
      case THROUGHPUT -> new ThroughputResult(header, settings, measurements);
      case TRACE -> new TraceResult(header, settings, measurements);
      case EXPERIMENT -> new ExperimentResult(header, settings, measurements);
    };
  }
}
