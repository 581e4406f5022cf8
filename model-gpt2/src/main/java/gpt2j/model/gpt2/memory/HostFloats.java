package gpt2j.model.gpt2.memory;

import gpt2j.api.Backend;
import gpt2j.api.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Copies float32 values between the host and F32 tensors. */
public final class HostFloats {
  private static final ValueLayout.OfFloat LAYOUT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

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
