package gpt2j.bench.result;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import gpt2j.bench.result.setup.Header;

/** What one run of a benchmark command found, complete or as far as it came. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "command")
@JsonSubTypes({
  @Type(name = "throughput", value = ThroughputResult.class),
  @Type(name = "trace", value = TraceResult.class),
  @Type(name = "experiment", value = ExperimentResult.class),
  @Type(name = "profile", value = ProfileResult.class),
  @Type(name = "compare", value = CompareResult.class),
  @Type(name = "roofline", value = RooflineResult.class),
  @Type(name = "peers", value = PeersResult.class)
})
public sealed interface BenchmarkResult
    permits ThroughputResult,
        TraceResult,
        ExperimentResult,
        ProfileResult,
        CompareResult,
        RooflineResult,
        PeersResult {
  /** When, where and with what it was measured. */
  Header header();

  /** The command without {@code bench}, as it is given on the command line. */
  default String commandName() {
    return switch (this) {
      case ThroughputResult _ -> "throughput";
      case TraceResult _ -> "trace";
      case ExperimentResult _ -> "experiment";
      case ProfileResult _ -> "profile";
      case CompareResult _ -> "compare";
      case RooflineResult _ -> "roofline";
      case PeersResult _ -> "peers";
    };
  }
}
