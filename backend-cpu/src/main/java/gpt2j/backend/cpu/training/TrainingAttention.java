package gpt2j.backend.cpu.training;

import gpt2j.backend.cpu.kernel.DropoutKernels;
import gpt2j.backend.cpu.kernel.SoftmaxKernels;
import gpt2j.backend.cpu.kernel.TileGemm;
import gpt2j.backend.cpu.simd.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Causal attention within whole sequences, forward: one head of one sequence at a time, four
 * queries at a time, all of whose scores are held.
 */
final class TrainingAttention {
  private static final int ROWS = TileGemm.ROWS;

  private final int length;
  private final int heads;
  private final int headSize;
  private final float scale;
  private final @Nullable DropoutFactors dropout;
  private final long out;
  private final long logSumExp;
  private final long qkv;
  private final long rowBytes; // of a head's own matrices
  private final int padded; // positions

  /** One call of the operation. */
  TrainingAttention(
      int length,
      int heads,
      int headSize,
      float scale,
      @Nullable DropoutFactors dropout,
      long out,
      long logSumExp,
      long qkv) {
    this.length = length;
    this.heads = heads;
    this.headSize = headSize;
    this.scale = scale;
    this.dropout = dropout;
    this.out = out;
    this.logSumExp = logSumExp;
    this.qkv = qkv;
    rowBytes = (long) Memory.padded(headSize) * Float.BYTES;
    padded = HeadMatrices.paddedLength(length);
  }

  /** Bytes of working memory for each worker. */
  long scratchBytes() {
    return 4 * padded * rowBytes
        + ROWS * (padded * (long) Float.BYTES + rowBytes)
        + DropoutFactors.scratchBytes(padded);
  }

  /** One head of one sequence. */
  void run(int sequence, int head, long scratch) {
    long bytes = padded * rowBytes;
    long queries = scratch; // [padded, rowBytes]
    long values = queries + bytes;
    long keys = values + bytes;
    long transposedKeys = keys + bytes;
    long scores = transposedKeys + bytes; // [4, padded]
    long results = scores + (long) ROWS * padded * Float.BYTES; // [4, rowBytes]
    long factors = results + ROWS * rowBytes;
    int width = heads * headSize;
    int first = sequence * length;
    long rowsApart = 3L * width * Float.BYTES;
    long from = qkv + first * rowsApart + (long) head * headSize * Float.BYTES;
    long part = (long) width * Float.BYTES;
    HeadMatrices.gather(queries, rowBytes, from, rowsApart, length, headSize);
    HeadMatrices.gather(keys, rowBytes, from + part, rowsApart, length, headSize);
    HeadMatrices.gather(values, rowBytes, from + 2 * part, rowsApart, length, headSize);
    HeadMatrices.transpose(transposedKeys, keys, rowBytes, length, headSize);
    for (int row = 0; row < length; row += ROWS) {
      int rows = Math.min(ROWS, length - row);
      scores(scores, queries + row * rowBytes, transposedKeys, row + rows);
      for (int i = 0; i < rows; i++) {
        softmax(first + row + i, head, row + i + 1, row + rows, rowOf(scores, i), factors);
      }
      Memory.clearRow(results, ROWS * Memory.padded(headSize));
      TileGemm.add(
          results,
          rowBytes,
          scores,
          (long) padded * Float.BYTES,
          Float.BYTES,
          values,
          rowBytes,
          row + rows,
          Memory.padded(headSize));
      long to = out + ((long) (first + row) * width + (long) head * headSize) * Float.BYTES;
      HeadMatrices.scatter(to, part, results, rowBytes, rows, headSize);
    }
  }

  /** Products of four queries with the keys of positions below {@code end}. */
  private void scores(long scores, long queries, long transposedKeys, int end) {
    long scoresBytes = (long) padded * Float.BYTES;
    int width = Memory.padded(end);
    for (int i = 0; i < ROWS; i++) {
      Memory.clearRow(rowOf(scores, i), width);
    }
    HeadMatrices.addProducts(
        scores, scoresBytes, queries, rowBytes, transposedKeys, width, headSize);
  }

  /** Softmax of one row of the batch, which sees {@code own} positions of {@code end}. */
  private void softmax(int row, int head, int own, int end, long scores, long factors) {
    float sum = SoftmaxKernels.softmax(scores, own, Memory.padded(end), scale);
    long at = (long) row * heads + head;
    Memory.set(logSumExp + at * Float.BYTES, sum);
    if (dropout != null) {
      long kept = dropout.store(factors, at * length, own);
      DropoutKernels.multiply(scores, scores, kept, Memory.padded(own));
    }
  }

  private long rowOf(long scores, int row) {
    return scores + (long) row * padded * Float.BYTES;
  }
}
