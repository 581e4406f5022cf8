package gpt2j.bench.jmh;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Operations on rows of activations. In a model these come from the operation before and lie in
 * caches, so they do here.
 */
public class Rows extends OperationBenchmark {
  /** Rows of the batch. */
  @Param({"1", "16", "512"})
  public int rows;

  /** For layer norms. */
  @State(Scope.Benchmark)
  public static class Norm {
    /** Makes gains and biases of a layer each. */
    @Setup
    public void setUp(Device device, Rows benchmark) {
      List<Tensor> parameters = new ArrayList<>();
      for (int i = 0; i < 2 * Device.CALLS; i++) {
        parameters.add(device.activations(Gpt2Sizes.WIDTH));
      }
      Tensor x = device.activations(benchmark.rows, Gpt2Sizes.WIDTH);
      Tensor out = device.activations(benchmark.rows, Gpt2Sizes.WIDTH);
      device.record(
          Device.CALLS,
          i ->
              device
                  .operations()
                  .layerNorm(out, x, parameters.get(2 * i), parameters.get(2 * i + 1), 1e-5f));
    }
  }

  /** For the choice of rows. */
  @State(Scope.Benchmark)
  public static class Choice {
    /** Chooses the rows in reverse. */
    @Setup
    public void setUp(Device device, Rows benchmark) {
      int rows = benchmark.rows;
      Tensor chosen = device.integers(rows, row -> rows - 1 - row);
      Tensor x = device.activations(rows, Gpt2Sizes.WIDTH);
      Tensor out = device.activations(rows, Gpt2Sizes.WIDTH);
      device.record(Device.CALLS, i -> device.operations().selectRows(out, x, chosen));
    }
  }

  /** For GELU by itself: in a model it is the end of a product, see {@link Linear}. */
  @State(Scope.Benchmark)
  public static class Activation {
    /** Makes inner activations. */
    @Setup
    public void setUp(Device device, Rows benchmark) {
      Tensor x = device.activations(benchmark.rows, Gpt2Sizes.INNER);
      Tensor out = device.activations(benchmark.rows, Gpt2Sizes.INNER);
      device.record(Device.CALLS, i -> device.backend().training().gelu(out, x, GeluForm.TANH));
    }
  }

  /** Measures. */
  @Benchmark
  public void gelu(Device device, Activation activation) {
    device.run();
  }

  /** Measures. */
  @Benchmark
  public void layerNorm(Device device, Norm norm) {
    device.run();
  }

  /** Measures. */
  @Benchmark
  public void selectRows(Device device, Choice choice) {
    device.run();
  }
}
