package gpt2j.backend.cpu.training;

import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.nd4j.Nd4jProducts;
import gpt2j.backend.cpu.nd4j.Nd4jProducts.Form;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Matrix products of plain tensors, by ND4J. A training step multiplies the same tensors again and
 * again, and preparing a call costs ND4J as much as a small product; so prepared ones are kept.
 */
final class TrainingProducts {
  /** More than a step of the largest GPT-2 has. */
  private static final int KEPT = 4096;

  private final CpuRuntime runtime;
  private final Map<Operands, Nd4jProducts.Product> prepared =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Operands, Nd4jProducts.Product> eldest) {
          return size() > KEPT;
        }
      };

  /** The same tensors, not just equal ones. */
  private record Operands(CpuTensor out, CpuTensor x, CpuTensor w, Form form) {}

  TrainingProducts(CpuRuntime runtime) {
    this.runtime = runtime;
  }

  /** See {@link Form}. */
  void run(Form form, CpuTensor out, CpuTensor x, CpuTensor w) {
    // Prepared products know addresses: closed tensors must not get that far.
    if (out.address() == 0 || x.address() == 0 || w.address() == 0) {
      throw new IllegalStateException("a tensor without memory");
    }
    Operands operands = new Operands(out, x, w, form);
    Nd4jProducts.Product product = prepared.get(operands);
    if (product == null) {
      Nd4jProducts nd4j = runtime.products();
      product = nd4j.product(out.array(nd4j), x.array(nd4j), w.array(nd4j), form);
      prepared.put(operands, product);
    }
    product.run();
  }
}
