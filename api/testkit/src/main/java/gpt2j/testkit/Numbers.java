package gpt2j.testkit;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Numbers to try things with; the same ones for the same seed. */
final class Numbers {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Numbers() {}

  /** Uniform, with mean 0 and standard deviation {@code deviation}. */
  static float[] random(long seed, int count, double deviation) {
    SplittableRandom random = new SplittableRandom(seed);
    double width = Math.sqrt(12) * deviation;
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (width * (random.nextDouble() - 0.5));
    }
    return values;
  }

  /** Whole numbers between {@code -bound} and {@code bound}. */
  static float[] randomWhole(long seed, int count, int bound) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(-bound, bound + 1);
    }
    return values;
  }

  static float[] repeated(float value, int count) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }

  static HostTensor host(float[] values, int... sizes) {
    return HostTensor.of("values", Shape.of(sizes), values);
  }

  /** The values stored in {@code type} in the given memory, which the tensor can only read. */
  static HostTensor host(DataType type, float[] values, MemorySegment data, int... sizes) {
    for (int i = 0; i < values.length; i++) {
      long offset = (long) i * type.bytes();
      switch (type) {
        case F32 -> data.set(FLOAT, offset, values[i]);
        case F16 -> data.set(SHORT, offset, Float.floatToFloat16(values[i]));
        case BF16 -> data.set(SHORT, offset, BFloat16.of(values[i]));
        case I32 -> throw new IllegalArgumentException("no weights are " + type);
      }
    }
    return new HostTensor("values", type, Shape.of(sizes), data.asReadOnly());
  }
}
