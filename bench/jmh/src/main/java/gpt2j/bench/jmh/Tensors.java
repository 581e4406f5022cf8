package gpt2j.bench.jmh;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Numbers in host memory, which is freed when nothing refers to them any more. */
record Tensors(MemorySegment memory) {
  /** Random numbers made for one tensor; longer ones repeat them. */
  private static final int DISTINCT = 1 << 16;

  static Tensors random(SplittableRandom random, DataType type, Shape shape) {
    long elements = shape.elements();
    MemorySegment memory = Arena.ofAuto().allocate(elements * type.bytes(), 64);
    long distinct = Math.min(elements, DISTINCT);
    for (long i = 0; i < distinct; i++) {
      float value = (float) random.nextDouble(-1, 1);
      switch (type) {
        case F32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        case F16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
        case BF16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, BFloat16.of(value));
        case I32 -> throw new IllegalArgumentException("no type of activations or weights: I32");
      }
    }
    long bytes = distinct * type.bytes();
    for (long from = bytes; from < memory.byteSize(); from += bytes) {
      long count = Math.min(bytes, memory.byteSize() - from);
      MemorySegment.copy(memory, 0, memory, from, count);
    }
    return new Tensors(memory);
  }
}
