package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import jdk.incubator.vector.FloatVector;

/**
 * The small matrix products of attention: {@code out += a·b} for four rows. A number of a is
 * multiplied with vectors of b, so a may lie in any order, transposed too.
 */
public final class TileGemm {
  /** Rows of out, and of a. */
  public static final int ROWS = 4;

  /** Columns of {@link #product}: with four rows all that the compiler takes into one kernel. */
  public static final int COLUMNS = 3 * Memory.LANES;

  /** Whether products of many rows by {@link #product} are faster than ND4J's. */
  public static final boolean IS_FASTER = Memory.VECTOR >= 64;

  private static final int VECTOR = Memory.VECTOR;

  private TileGemm() {}

  /**
   * {@code out[i, j] = Σ a[i, k]·b[k, j]}, added up in the order of k.
   *
   * @param out {@code [4, COLUMNS]}
   * @param a {@code [4, depth]}
   * @param aBytes distance between two of its rows
   * @param aStep distance between two of its columns
   * @param b {@code [depth, COLUMNS]}
   * @param depth how many products are added up
   */
  public static void product(long out, long a, long aBytes, long aStep, long b, int depth) {
    FloatVector s00 = FloatVector.zero(Memory.FLOATS);
    FloatVector s01 = s00;
    FloatVector s02 = s00;
    FloatVector s10 = s00;
    FloatVector s11 = s00;
    FloatVector s12 = s00;
    FloatVector s20 = s00;
    FloatVector s21 = s00;
    FloatVector s22 = s00;
    FloatVector s30 = s00;
    FloatVector s31 = s00;
    FloatVector s32 = s00;
    long fromA = a;
    long fromB = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = Memory.load(fromB);
      FloatVector b1 = Memory.load(fromB + VECTOR);
      FloatVector b2 = Memory.load(fromB + 2L * VECTOR);
      FloatVector factor = Memory.broadcast(fromA);
      s00 = b0.fma(factor, s00);
      s01 = b1.fma(factor, s01);
      s02 = b2.fma(factor, s02);
      factor = Memory.broadcast(fromA + aBytes);
      s10 = b0.fma(factor, s10);
      s11 = b1.fma(factor, s11);
      s12 = b2.fma(factor, s12);
      factor = Memory.broadcast(fromA + 2 * aBytes);
      s20 = b0.fma(factor, s20);
      s21 = b1.fma(factor, s21);
      s22 = b2.fma(factor, s22);
      factor = Memory.broadcast(fromA + 3 * aBytes);
      s30 = b0.fma(factor, s30);
      s31 = b1.fma(factor, s31);
      s32 = b2.fma(factor, s32);
      fromA += aStep;
      fromB += 3L * VECTOR;
    }
    Memory.store(s00, s01, s02, out);
    Memory.store(s10, s11, s12, out + 3L * VECTOR);
    Memory.store(s20, s21, s22, out + 6L * VECTOR);
    Memory.store(s30, s31, s32, out + 9L * VECTOR);
  }

  /**
   * {@code out[i, j] += Σ a[i, k]·b[k, j]}.
   *
   * @param out {@code [4, width]}
   * @param outBytes distance between two of its rows
   * @param a {@code [4, depth]}
   * @param aBytes distance between two of its rows
   * @param aStep distance between two of its columns
   * @param b {@code [depth, width]}
   * @param bBytes distance between two of its rows
   * @param depth how many products are added up
   * @param width columns, rounded up to whole vectors
   */
  public static void add(
      long out,
      long outBytes,
      long a,
      long aBytes,
      long aStep,
      long b,
      long bBytes,
      int depth,
      int width) {
    int column = 0;
    for (; column + Memory.LANES < width; column += 2 * Memory.LANES) {
      long at = (long) column * Float.BYTES;
      twoVectors(out + at, outBytes, a, aBytes, aStep, b + at, bBytes, depth);
    }
    if (column < width) {
      long at = (long) column * Float.BYTES;
      oneVector(out + at, outBytes, a, aBytes, aStep, b + at, bBytes, depth);
    }
  }

  private static void twoVectors(
      long out, long outBytes, long a, long aBytes, long aStep, long b, long bBytes, int depth) {
    long out1 = out + outBytes;
    long out2 = out1 + outBytes;
    long out3 = out2 + outBytes;
    FloatVector s00 = Memory.load(out);
    FloatVector s01 = Memory.load(out + VECTOR);
    FloatVector s10 = Memory.load(out1);
    FloatVector s11 = Memory.load(out1 + VECTOR);
    FloatVector s20 = Memory.load(out2);
    FloatVector s21 = Memory.load(out2 + VECTOR);
    FloatVector s30 = Memory.load(out3);
    FloatVector s31 = Memory.load(out3 + VECTOR);
    long fromA = a;
    long fromB = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = Memory.load(fromB);
      FloatVector b1 = Memory.load(fromB + VECTOR);
      FloatVector a0 = Memory.broadcast(fromA);
      s00 = b0.fma(a0, s00);
      s01 = b1.fma(a0, s01);
      FloatVector a1 = Memory.broadcast(fromA + aBytes);
      s10 = b0.fma(a1, s10);
      s11 = b1.fma(a1, s11);
      FloatVector a2 = Memory.broadcast(fromA + 2 * aBytes);
      s20 = b0.fma(a2, s20);
      s21 = b1.fma(a2, s21);
      FloatVector a3 = Memory.broadcast(fromA + 3 * aBytes);
      s30 = b0.fma(a3, s30);
      s31 = b1.fma(a3, s31);
      fromA += aStep;
      fromB += bBytes;
    }
    Memory.store(s00, out);
    Memory.store(s01, out + VECTOR);
    Memory.store(s10, out1);
    Memory.store(s11, out1 + VECTOR);
    Memory.store(s20, out2);
    Memory.store(s21, out2 + VECTOR);
    Memory.store(s30, out3);
    Memory.store(s31, out3 + VECTOR);
  }

  private static void oneVector(
      long out, long outBytes, long a, long aBytes, long aStep, long b, long bBytes, int depth) {
    FloatVector s0 = Memory.load(out);
    FloatVector s1 = Memory.load(out + outBytes);
    FloatVector s2 = Memory.load(out + 2 * outBytes);
    FloatVector s3 = Memory.load(out + 3 * outBytes);
    long fromA = a;
    long fromB = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = Memory.load(fromB);
      s0 = b0.fma(Memory.broadcast(fromA), s0);
      s1 = b0.fma(Memory.broadcast(fromA + aBytes), s1);
      s2 = b0.fma(Memory.broadcast(fromA + 2 * aBytes), s2);
      s3 = b0.fma(Memory.broadcast(fromA + 3 * aBytes), s3);
      fromA += aStep;
      fromB += bBytes;
    }
    Memory.store(s0, out);
    Memory.store(s1, out + outBytes);
    Memory.store(s2, out + 2 * outBytes);
    Memory.store(s3, out + 3 * outBytes);
  }
}
