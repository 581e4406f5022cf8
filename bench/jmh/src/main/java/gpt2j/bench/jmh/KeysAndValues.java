package gpt2j.bench.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** Operations on the KV cache. */
public class KeysAndValues extends OperationBenchmark {
  /** Measures one more token of each sequence. */
  @Benchmark
  @OperationsPerInvocation(Device.CALLS)
  public void attentionDecode(Device device, Cache.Decode decode) {
    device.run();
  }

  /** Measures a prompt. */
  @Benchmark
  @OperationsPerInvocation(Device.CALLS)
  public void attentionPrefill(Device device, Cache.Prefill prefill) {
    device.run();
  }

  /** Measures. */
  @Benchmark
  @OperationsPerInvocation(Device.CALLS)
  public void appendKv(Device device, Cache.Append append) {
    device.run();
  }

  /** Measures; all layers of the model count as one operation. */
  @Benchmark
  @OperationsPerInvocation(Device.CALLS)
  public void copyKv(Device device, Cache.Copy copy) {
    device.run();
  }
}
