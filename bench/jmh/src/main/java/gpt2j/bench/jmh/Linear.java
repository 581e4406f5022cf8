package gpt2j.bench.jmh;

import gpt2j.api.LinearWeights;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The matrix products of a block. */
public class Linear extends OperationBenchmark {
  /** Which product. */
  @Param public Matrix matrix = Matrix.QKV;

  /** Rows of the batch. */
  @Param({"1", "16", "512"})
  public int rows;

  /** How weights are kept. */
  @Param({"F32", "BF16"})
  public WeightFormat precision = WeightFormat.F32;

  /** Makes weights and activations. */
  @Setup
  public void setUp(Device device) {
    Shape shape = Shape.of(matrix.inputs(), matrix.outputs());
    int copies = Device.copies(precision.bytes(matrix.outputs(), matrix.inputs()));
    List<LinearWeights> weights = new ArrayList<>();
    for (int i = 0; i < copies; i++) {
      weights.add(
          device
              .backend()
              .linearWeights(
                  device.host(precision, shape),
                  device.host(WeightFormat.F32, Shape.of(matrix.outputs())),
                  precision));
    }
    Tensor x = device.activations(rows, matrix.inputs());
    Tensor out = device.activations(rows, matrix.outputs());
    device.record(
        copies, i -> device.operations().linear(out, x, weights.get(i), matrix.epilogue()));
  }

  /** Measures. */
  @Benchmark
  public void linear(Device device) {
    device.run();
  }
}
