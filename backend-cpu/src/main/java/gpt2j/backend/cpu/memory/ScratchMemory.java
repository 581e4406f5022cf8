package gpt2j.backend.cpu.memory;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Usage;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Working memory that grows to the largest size ever asked for and is handed out again with each
 * call. Freed with its allocator.
 */
public final class ScratchMemory {
  private final Allocator allocator;
  private final Map<Shape, CpuTensor> matrices = new HashMap<>();
  private Allocator.@Nullable Region region;

  public ScratchMemory(Allocator allocator) {
    this.allocator = allocator;
  }

  /** At least {@code bytes} bytes with undefined contents. */
  public long bytes(long bytes) {
    return grown(bytes).address();
  }

  /** A float32 matrix; the same object each time, so that what was prepared for it stays valid. */
  public CpuTensor matrix(int rows, int columns) {
    Shape shape = Shape.of(rows, columns);
    Allocator.Region memory = grown(shape.elements() * Float.BYTES);
    return matrices.computeIfAbsent(shape, s -> new CpuTensor(memory, DataType.F32, s));
  }

  private Allocator.Region grown(long bytes) {
    Allocator.Region old = region;
    if (old != null && old.bytes() >= bytes) {
      return old;
    }
    Allocator.Region larger = allocator.allocate("working memory", bytes, Usage.ACTIVATION);
    if (old != null) {
      matrices.clear(); // they lie in the memory that goes
      old.close();
    }
    region = larger;
    return larger;
  }
}
