package gpt2j.model.gpt2.memory;

import gpt2j.api.Backend;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/** Copies float32 values between the host and F32 tensors, and looks at those of the host. */
public final class HostFloats {
  private static final ValueLayout.OfFloat LAYOUT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int PART = 1 << 16;
  private static final int EXPONENT = 0x7F80_0000;

  private HostFloats() {}

  /** Stores as many values as the tensor has. */
  public static void write(Backend backend, Tensor tensor, float[] values) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(LAYOUT, values.length);
      MemorySegment.copy(values, 0, memory, LAYOUT, 0, values.length);
      backend.write(tensor, memory);
    }
  }

  /** Waits for the tensor and returns all its values. */
  public static float[] read(Backend backend, Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(LAYOUT, values.length);
      backend.read(tensor, memory);
      MemorySegment.copy(memory, LAYOUT, 0, values, 0, values.length);
    }
    return values;
  }

  /** The index of the first value of the flattened tensor that is NaN or infinite. */
  public static OptionalLong firstNonFinite(HostTensor tensor) {
    long count = tensor.shape().elements();
    float[] values = new float[(int) Math.min(count, PART)];
    for (long first = 0; first < count; first += values.length) {
      int part = (int) Math.min(values.length, count - first);
      tensor.copyTo(first, values, 0, part);
      if (!areFinite(values, part)) {
        for (int i = 0; i < part; i++) {
          if (!Float.isFinite(values[i])) {
            return OptionalLong.of(first + i);
          }
        }
      }
    }
    return OptionalLong.empty();
  }

  /** By the exponents' bits, which the compiler compares many at a time. */
  private static boolean areFinite(float[] values, int count) {
    int largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(values[i]) & EXPONENT);
    }
    return largest < EXPONENT;
  }

  /** Waits for the tensor and returns its rows, each flattened. */
  public static List<float[]> readRows(Backend backend, Tensor tensor) {
    float[] all = read(backend, tensor);
    int width = all.length / tensor.shape().rows();
    List<float[]> rows = new ArrayList<>();
    for (int from = 0; from < all.length; from += width) {
      rows.add(Arrays.copyOfRange(all, from, from + width));
    }
    return rows;
  }
}
