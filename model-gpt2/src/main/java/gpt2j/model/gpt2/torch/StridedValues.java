package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.format.StoredTensor.Values;
import gpt2j.model.gpt2.torch.Pickled.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The numbers of a view of a storage, in row-major order. */
final class StridedValues {
  private StridedValues() {}

  /** Whether they lie one behind another in the storage. */
  static boolean isContiguous(Tensor tensor) {
    long expected = 1;
    for (int axis = tensor.sizes().size() - 1; axis >= 0; axis--) {
      long size = tensor.sizes().get(axis);
      if (size != 1 && tensor.strides().get(axis) != expected) {
        return false;
      }
      expected *= size;
    }
    return true;
  }

  /**
   * All of them.
   *
   * @param storage the bytes of the storage
   */
  static MemorySegment read(Tensor tensor, Values storage) throws IOException {
    int bytes = tensor.storage().type().bytes();
    long count = tensor.sizes().stream().reduce(1L, (a, b) -> a * b);
    long span = 1;
    for (int axis = 0; axis < tensor.sizes().size(); axis++) {
      span += (tensor.sizes().get(axis) - 1) * tensor.strides().get(axis);
    }
    MemorySegment ordered = Arena.ofAuto().allocate(count * bytes, Long.BYTES);
    if (count == 0) {
      return ordered;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocate(span * bytes, Long.BYTES);
      storage.read(tensor.offset() * bytes, all);
      copy(tensor, 0, all, 0, ordered, new long[1]);
    }
    return ordered;
  }

  private static void copy(
      Tensor tensor, int axis, MemorySegment all, long from, MemorySegment to, long[] done) {
    int bytes = tensor.storage().type().bytes();
    if (axis == tensor.sizes().size()) {
      MemorySegment.copy(all, from * bytes, to, done[0] * bytes, bytes);
      done[0]++;
      return;
    }
    for (long i = 0; i < tensor.sizes().get(axis); i++) {
      copy(tensor, axis + 1, all, from + i * tensor.strides().get(axis), to, done);
    }
  }
}
