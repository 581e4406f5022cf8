package gpt2j.bench.jmh;

import gpt2j.api.EmbeddingTable;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The output head. One table: it is larger than caches. */
public class Logits extends OperationBenchmark {
  /** Rows whose logits are wanted. */
  @Param({"1", "16", "64"})
  public int rows;

  /** How the table is kept. */
  @Param({"F32", "BF16"})
  public WeightFormat precision = WeightFormat.F32;

  /** Makes the table. */
  @Setup
  public void setUp(Device device) {
    Shape shape = Shape.of(Gpt2Sizes.VOCABULARY, Gpt2Sizes.WIDTH);
    EmbeddingTable head = device.backend().embeddingTable(device.host(precision, shape), precision);
    Tensor x = device.activations(rows, Gpt2Sizes.WIDTH);
    Tensor out = device.activations(rows, Gpt2Sizes.VOCABULARY);
    device.record(Device.CALLS, i -> device.operations().logits(out, x, head));
  }

  /** Measures. */
  @Benchmark
  public void logits(Device device) {
    device.run();
  }
}
