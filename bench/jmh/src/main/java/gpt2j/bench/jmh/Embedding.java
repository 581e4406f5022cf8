package gpt2j.bench.jmh;

import gpt2j.api.EmbeddingTable;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Tokens and positions to vectors. */
public class Embedding extends OperationBenchmark {
  /** Rows of the batch. */
  @Param({"1", "16", "512"})
  public int rows;

  /** How tables are kept. */
  @Param({"F32", "BF16"})
  public WeightFormat precision = WeightFormat.F32;

  /** Makes tables and batches; the batches differ, so that their rows aren't in caches. */
  @Setup
  public void setUp(Device device) {
    EmbeddingTable tokens = table(device, Gpt2Sizes.VOCABULARY);
    EmbeddingTable positions = table(device, Gpt2Sizes.CONTEXT);
    int copies = Device.copies(precision.bytes(rows, Gpt2Sizes.WIDTH));
    copies = Math.min(copies, 100 * Device.CALLS);
    List<TokenBatch> batches = new ArrayList<>();
    for (int i = 0; i < copies; i++) {
      batches.add(device.batch(rows, row -> row, row -> 0));
    }
    Tensor out = device.activations(rows, Gpt2Sizes.WIDTH);
    device.record(copies, i -> device.operations().embed(out, batches.get(i), tokens, positions));
  }

  private EmbeddingTable table(Device device, int rows) {
    Shape shape = Shape.of(rows, Gpt2Sizes.WIDTH);
    return device.backend().embeddingTable(device.host(precision, shape), precision);
  }

  /** Measures. */
  @Benchmark
  public void embed(Device device) {
    device.run();
  }
}
