package gpt2j.bench.result;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import gpt2j.bench.result.setup.Header;

/** What one run of a benchmark command found, complete or as far as it came. */
@JsonPropertyOrder("command")
public sealed interface BenchmarkResult permits GridResult, CompareResult, BaselinesResult {
  /** Which benchmark. */
  @JsonProperty
  BenchmarkCommand command();

  /** When, where and with what it was measured. */
  Header header();

  /** What was asked for. */
  Record settings();
}
