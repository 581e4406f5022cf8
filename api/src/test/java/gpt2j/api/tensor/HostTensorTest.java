package gpt2j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostTensorTest {
  /** 1, -2 and 0.5 in each type, little-endian. */
  private static final byte[] F32 = {0, 0, (byte) 0x80, 0x3F, 0, 0, 0, (byte) 0xC0, 0, 0, 0, 0x3F};

  private static final byte[] F16 = {0, 0x3C, 0, (byte) 0xC0, 0, 0x38};
  private static final byte[] BF16 = {(byte) 0x80, 0x3F, 0, (byte) 0xC0, 0, 0x3F};
  private static final byte[] I32 = {1, 0, 0, 0, -2, -1, -1, -1, 0, 1, 0, 0};

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void widensEveryTypeAtAnyAddress(int offset) {
    assertValues(tensor(DataType.F32, F32, offset), 1, -2, 0.5f);
    assertValues(tensor(DataType.F16, F16, offset), 1, -2, 0.5f);
    assertValues(tensor(DataType.BF16, BF16, offset), 1, -2, 0.5f);
    assertValues(tensor(DataType.I32, I32, offset), 1, -2, 256);
  }

  private static HostTensor tensor(DataType type, byte[] bytes, int offset) {
    byte[] moved = new byte[bytes.length + offset];
    System.arraycopy(bytes, 0, moved, offset, bytes.length);
    return new HostTensor(
        "test", type, Shape.of(3), MemorySegment.ofArray(moved).asSlice(offset).asReadOnly());
  }

  private static void assertValues(HostTensor tensor, float... expected) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], tensor.get(i), tensor.type().toString());
    }
    float[] copied = {7, 7, 7, 7};
    tensor.copyTo(1, copied, 2, 2);
    assertArrayEquals(new float[] {7, 7, expected[1], expected[2]}, copied);
  }

  @Test
  void everyHalfIsWidened() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      byte[] bytes = {(byte) bits, (byte) (bits >> 8)};
      float f16 = tensor(bytes, DataType.F16).get(0);
      assertEquals(Float.float16ToFloat((short) bits), f16);
      assertEquals(BFloat16.toFloat((short) bits), tensor(bytes, DataType.BF16).get(0));
    }
  }

  private static HostTensor tensor(byte[] bytes, DataType type) {
    return new HostTensor("half", type, Shape.of(1), MemorySegment.ofArray(bytes));
  }

  @Test
  void holdsACopyOfFloats() {
    float[] values = {1.5f, Float.NaN, -0.0f, Float.MIN_VALUE};
    HostTensor tensor = HostTensor.of("floats", Shape.of(2, 2), values);
    values[0] = 9;
    assertValues(tensor, 1.5f, Float.NaN, -0.0f, Float.MIN_VALUE);
    assertTrue(tensor.data().isReadOnly());
  }

  @Test
  void refusesAnotherNumberOfBytes() {
    for (int bytes : new int[] {0, 11, 13, 24}) {
      MemorySegment data = MemorySegment.ofArray(new byte[bytes]);
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class,
              () -> new HostTensor("wte", DataType.F32, Shape.of(3), data));
      assertTrue(refusal.getMessage().contains("wte"), refusal.getMessage());
      assertTrue(refusal.getMessage().contains("12"), refusal.getMessage());
    }
    assertThrows(
        IllegalArgumentException.class, () -> HostTensor.of("short", Shape.of(2, 2), 1, 2, 3));
  }

  @Test
  void refusesElementsOutside() {
    HostTensor tensor = HostTensor.of("three", Shape.of(3), 1, 2, 3);
    assertThrows(IndexOutOfBoundsException.class, () -> tensor.get(3));
    assertThrows(IndexOutOfBoundsException.class, () -> tensor.get(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> tensor.copyTo(2, new float[2], 0, 2));
  }
}
