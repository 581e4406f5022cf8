package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.Philox;
import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Normally distributed values with mean 0. Value i depends on the seed, the stream and i alone, and
 * is the same on every machine: nothing but IEEE 754 arithmetic and {@link StrictMath} is used.
 */
final class NormalValues implements OutputTensor.Values {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final long seed;
  private final long stream;
  private final double deviation;
  private final DataType type;

  NormalValues(long seed, long stream, double deviation, DataType type) {
    this.seed = seed;
    this.stream = stream;
    this.deviation = deviation;
    this.type = type;
  }

  @Override
  public void store(long first, MemorySegment out) {
    int[] words = new int[Philox.WORDS];
    long count = out.byteSize() / type.bytes();
    long block = -1;
    for (long i = 0; i < count; i++) {
      long index = first + i;
      if (block != index / Philox.WORDS) {
        block = index / Philox.WORDS;
        Philox.words(seed, (int) block, (int) (block >>> 32), stream, words);
      }
      double uniform = Philox.uniform(words[(int) (index % Philox.WORDS)]);
      store(type, out, i, (float) (deviation * quantile(uniform)));
    }
  }

  /** The same value everywhere. */
  static OutputTensor.Values constant(float value, DataType type) {
    return (_, out) -> {
      long count = out.byteSize() / type.bytes();
      for (long i = 0; i < count; i++) {
        store(type, out, i, value);
      }
    };
  }

  private static void store(DataType type, MemorySegment out, long index, float value) {
    switch (type) {
      case F32 -> out.set(FLOAT, index * Float.BYTES, value);
      case F16 -> out.set(SHORT, index * Short.BYTES, Float.floatToFloat16(value));
      case BF16 -> out.set(SHORT, index * Short.BYTES, BFloat16.of(value));
      case I32 -> throw new IllegalArgumentException("weights are no integers");
    }
  }

  /**
   * The value below which a standard normal variable falls with probability {@code p}: algorithm AS
   * 241, routine PPND16 (Wichura 1988), relative error about 1e-16.
   *
   * @param p from e⁻²⁵ to 1 − e⁻²⁵, which holds 2⁻³³, the least that {@link Philox#uniform} gives;
   *     beyond, the algorithm has a third case
   */
  static double quantile(double p) {
    double q = p - 0.5;
    if (Math.abs(q) <= 0.425) {
      double r = 0.180625 - q * q;
      double numerator = 2509.0809287301226727;
      numerator = numerator * r + 33430.575583588128105;
      numerator = numerator * r + 67265.770927008700853;
      numerator = numerator * r + 45921.953931549871457;
      numerator = numerator * r + 13731.693765509461125;
      numerator = numerator * r + 1971.5909503065514427;
      numerator = numerator * r + 133.14166789178437745;
      numerator = numerator * r + 3.387132872796366608;
      double denominator = 5226.495278852854561;
      denominator = denominator * r + 28729.085735721942674;
      denominator = denominator * r + 39307.89580009271061;
      denominator = denominator * r + 21213.794301586595867;
      denominator = denominator * r + 5394.1960214247511077;
      denominator = denominator * r + 687.1870074920579083;
      denominator = denominator * r + 42.313330701600911252;
      denominator = denominator * r + 1;
      return q * numerator / denominator;
    }
    double r = Math.sqrt(-StrictMath.log(Math.min(p, 1 - p))) - 1.6;
    double numerator = 7.7454501427834140764e-4;
    numerator = numerator * r + 0.0227238449892691845833;
    numerator = numerator * r + 0.24178072517745061177;
    numerator = numerator * r + 1.27045825245236838258;
    numerator = numerator * r + 3.64784832476320460504;
    numerator = numerator * r + 5.7694972214606914055;
    numerator = numerator * r + 4.6303378461565452959;
    numerator = numerator * r + 1.42343711074968357734;
    double denominator = 1.05075007164441684324e-9;
    denominator = denominator * r + 5.475938084995344946e-4;
    denominator = denominator * r + 0.0151986665636164571966;
    denominator = denominator * r + 0.14810397642748007459;
    denominator = denominator * r + 0.68976733498510000455;
    denominator = denominator * r + 1.6763848301838038494;
    denominator = denominator * r + 2.05319162663775882187;
    denominator = denominator * r + 1;
    return Math.copySign(numerator / denominator, q);
  }
}
