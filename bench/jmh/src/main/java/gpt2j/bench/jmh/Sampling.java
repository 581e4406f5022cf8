package gpt2j.bench.jmh;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What comes after the logits, which lie in caches then, as they do here. */
public class Sampling extends OperationBenchmark {
  /** Rows of logits. */
  @Param({"1", "16"})
  public int rows;

  /** How a token is chosen. */
  public enum Method {
    /** The largest. */
    GREEDY,
    /** By probability. */
    RANDOM,
    /** By probability among the 50 most probable. */
    TOP_K
  }

  /** For draws. */
  @State(Scope.Benchmark)
  public static class Draw {
    /** How a token is chosen. */
    @Param public Method method = Method.GREEDY;

    /** Makes logits. */
    @Setup
    public void setUp(Device device, Sampling benchmark) {
      SamplingParameters parameters =
          switch (method) {
            case GREEDY -> SamplingParameters.greedy();
            case RANDOM -> SamplingParameters.random(1);
            case TOP_K -> SamplingParameters.random(1).withTopK(50);
          };
      SamplingState state =
          device.backend().samplingState(benchmark.rows, Gpt2Sizes.VOCABULARY, parameters);
      Tensor logits = device.activations(benchmark.rows, Gpt2Sizes.VOCABULARY);
      Tensor tokens = device.integers(benchmark.rows, row -> 0);
      device.record(Device.CALLS, i -> device.operations().sample(tokens, logits, state));
    }
  }

  /** For losses. */
  @State(Scope.Benchmark)
  public static class Loss {
    /** Makes logits. */
    @Setup
    public void setUp(Device device, Sampling benchmark) {
      Tensor logits = device.activations(benchmark.rows, Gpt2Sizes.VOCABULARY);
      Tensor targets = device.integers(benchmark.rows, row -> 1000 * row);
      Tensor losses = device.activations(benchmark.rows);
      device.record(Device.CALLS, i -> device.operations().crossEntropy(losses, logits, targets));
    }
  }

  /** For the step to the next token. */
  @State(Scope.Benchmark)
  public static class Advance {
    /** Makes a batch. */
    @Setup
    public void setUp(Device device, Sampling benchmark) {
      TokenBatch batch = device.batch(benchmark.rows, row -> 0, row -> row);
      Tensor sampled = device.integers(benchmark.rows, row -> row);
      device.record(Device.CALLS, i -> device.operations().advance(batch, sampled));
    }
  }

  /** Measures. */
  @Benchmark
  public void sample(Device device, Draw draw) {
    device.run();
  }

  /** Measures. */
  @Benchmark
  public void crossEntropy(Device device, Loss loss) {
    device.run();
  }

  /** Measures. */
  @Benchmark
  public void advance(Device device, Advance advance) {
    device.run();
  }
}
