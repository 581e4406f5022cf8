package gpt2j.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;

/** Operations on the KV cache. */
public class KeysAndValues extends OperationBenchmark {
  /** Measures one more token of each sequence. */
  @Benchmark
  public void attentionDecode(Device device, Cache.Decode decode) {
    device.run();
  }

  /** Measures a prompt. */
  @Benchmark
  public void attentionPrefill(Device device, Cache.Prefill prefill) {
    device.run();
  }

  /** Measures. */
  @Benchmark
  public void appendKv(Device device, Cache.Append append) {
    device.run();
  }

  /** Measures; all layers of the model count as one operation. */
  @Benchmark
  public void copyKv(Device device, Cache.Copy copy) {
    device.run();
  }
}
