package gpt2j.backend.cpu.training;

import gpt2j.backend.cpu.kernel.DropoutKernels;
import gpt2j.backend.cpu.kernel.SoftmaxKernels;
import gpt2j.backend.cpu.kernel.TileGemm;
import gpt2j.backend.cpu.simd.Memory;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass of {@link TrainingAttention}: one head of one sequence at a time, {@value
 * #TILE} queries at a time. Their probabilities P are computed again (Dao et al. 2022, §3.1 and
 * appendix B.2). With D the dropout's factors, O the output and dO its gradient,
 *
 * <pre>
 * dV = (D∘P)ᵀ·dO    dP = D∘(dO·Vᵀ)    dS = P∘(dP − Σ dO∘O)·scale    dQ = dS·K    dK = dSᵀ·Q
 * </pre>
 */
final class TrainingAttentionBackward {
  private static final int ROWS = TileGemm.ROWS;

  /** Queries whose probabilities are held at a time. */
  private static final int TILE = 64;

  private final int length;
  private final int heads;
  private final int headSize;
  private final float scale;
  private final @Nullable DropoutFactors dropout;
  private final long qkvGradient;
  private final long outGradient;
  private final long out;
  private final long logSumExp;
  private final long qkv;
  private final long rowBytes; // of a head's own matrices
  private final int padded; // positions
  private final long scoresBytes; // of a row of scores: not a power of two, for the cache's sake

  /** One call of the operation. */
  TrainingAttentionBackward(
      int length,
      int heads,
      int headSize,
      float scale,
      @Nullable DropoutFactors dropout,
      long qkvGradient,
      long outGradient,
      long out,
      long logSumExp,
      long qkv) {
    this.length = length;
    this.heads = heads;
    this.headSize = headSize;
    this.scale = scale;
    this.dropout = dropout;
    this.qkvGradient = qkvGradient;
    this.outGradient = outGradient;
    this.out = out;
    this.logSumExp = logSumExp;
    this.qkv = qkv;
    rowBytes = (long) Memory.padded(headSize) * Float.BYTES;
    padded = HeadMatrices.paddedLength(length);
    scoresBytes = (long) (padded + Memory.LANES) * Float.BYTES;
  }

  /** Bytes of working memory for each worker. */
  long scratchBytes() {
    return Head.MATRICES * padded * rowBytes
        + 2 * TILE * scoresBytes
        + DropoutFactors.scratchBytes(padded);
  }

  /** One head of one sequence. */
  void run(int sequence, int head, long scratch) {
    new Head(sequence, head, scratch).run();
  }

  /** Where everything of one head lies: matrices of {@code [padded, rowBytes]}. */
  private final class Head {
    static final int MATRICES = 9;

    private final int number;
    private final int first; // row of the batch
    private final long queries;
    private final long keys;
    private final long values;
    private final long outGradients;
    private final long transposedKeys;
    private final long transposedValues;
    private final long queryGradients;
    private final long keyGradients;
    private final long valueGradients;
    private final long probabilities; // [TILE, scoresBytes]
    private final long gradients; // [TILE, scoresBytes]: of probabilities, then of scores
    private final long factors;

    Head(int sequence, int number, long scratch) {
      this.number = number;
      first = sequence * length;
      long bytes = padded * rowBytes;
      queries = scratch;
      keys = queries + bytes;
      values = keys + bytes;
      outGradients = values + bytes;
      transposedKeys = outGradients + bytes;
      transposedValues = transposedKeys + bytes;
      queryGradients = transposedValues + bytes;
      keyGradients = queryGradients + bytes;
      valueGradients = keyGradients + bytes;
      probabilities = valueGradients + bytes;
      gradients = probabilities + TILE * scoresBytes;
      factors = gradients + TILE * scoresBytes;
    }

    void run() {
      long part = (long) heads * headSize * Float.BYTES;
      long column = (long) number * headSize * Float.BYTES;
      long from = qkv + first * 3 * part + column;
      HeadMatrices.gather(queries, rowBytes, from, 3 * part, length, headSize);
      HeadMatrices.gather(keys, rowBytes, from + part, 3 * part, length, headSize);
      HeadMatrices.gather(values, rowBytes, from + 2 * part, 3 * part, length, headSize);
      long fromOut = outGradient + first * part + column;
      HeadMatrices.gather(outGradients, rowBytes, fromOut, part, length, headSize);
      HeadMatrices.transpose(transposedKeys, keys, rowBytes, length, headSize);
      HeadMatrices.transpose(transposedValues, values, rowBytes, length, headSize);
      Memory.clear(queryGradients, 3 * padded * rowBytes); // and of keys and values
      for (int row = 0; row < length; row += TILE) {
        int end = Math.min(length, row + TILE);
        for (int i = row; i < end; i += ROWS) {
          fourQueries(i, Math.min(end, i + ROWS), i - row);
        }
        for (int position = 0; position < end; position += ROWS) {
          fourKeys(position, row, end);
        }
      }
      long to = qkvGradient + first * 3 * part + column;
      HeadMatrices.scatter(to, 3 * part, queryGradients, rowBytes, length, headSize);
      HeadMatrices.scatter(to + part, 3 * part, keyGradients, rowBytes, length, headSize);
      HeadMatrices.scatter(to + 2 * part, 3 * part, valueGradients, rowBytes, length, headSize);
    }

    /** Probabilities and gradients of scores for queries {@code row … end − 1}, and dQ. */
    private void fourQueries(int row, int end, int inTile) {
      int width = Memory.padded(end);
      long p = probabilities + inTile * scoresBytes;
      long dp = gradients + inTile * scoresBytes;
      for (int i = 0; i < ROWS; i++) {
        Memory.clearRow(p + i * scoresBytes, width);
        Memory.clearRow(dp + i * scoresBytes, width);
      }
      HeadMatrices.addProducts(
          p, scoresBytes, queries + row * rowBytes, rowBytes, transposedKeys, width, headSize);
      HeadMatrices.addProducts(
          dp,
          scoresBytes,
          outGradients + row * rowBytes,
          rowBytes,
          transposedValues,
          width,
          headSize);
      for (int i = row; i < end; i++) {
        oneQuery(i, width, p + (i - row) * scoresBytes, dp + (i - row) * scoresBytes);
      }
      TileGemm.add(
          queryGradients + row * rowBytes,
          rowBytes,
          dp,
          scoresBytes,
          Float.BYTES,
          keys,
          rowBytes,
          end,
          Memory.padded(headSize));
    }

    private void oneQuery(int row, int width, long p, long dp) {
      int own = row + 1; // positions that it sees
      long at = (long) (first + row) * heads + number;
      float sum = Memory.get(logSumExp + at * Float.BYTES);
      SoftmaxKernels.probabilities(p, own, width, scale, sum);
      long kept = 0;
      if (dropout != null) {
        kept = dropout.store(factors, at * length, own);
        DropoutKernels.multiply(dp, dp, kept, Memory.padded(own));
      }
      float dot =
          SoftmaxKernels.dot(
              outGradients + row * rowBytes, out + at * headSize * Float.BYTES, headSize);
      SoftmaxKernels.scoreGradients(dp, p, own, width, dot, scale);
      if (dropout != null) {
        DropoutKernels.multiply(p, p, kept, Memory.padded(own));
      }
    }

    /** What queries {@code row … end − 1} add to the gradients of four keys and values. */
    private void fourKeys(int position, int row, int end) {
      int from = Math.max(row, position); // queries before don't see them
      int width = Memory.padded(headSize);
      long at = (from - row) * scoresBytes + (long) position * Float.BYTES;
      TileGemm.add(
          valueGradients + position * rowBytes,
          rowBytes,
          probabilities + at,
          Float.BYTES,
          scoresBytes,
          outGradients + from * rowBytes,
          rowBytes,
          end - from,
          width);
      TileGemm.add(
          keyGradients + position * rowBytes,
          rowBytes,
          gradients + at,
          Float.BYTES,
          scoresBytes,
          queries + from * rowBytes,
          rowBytes,
          end - from,
          width);
    }
  }
}
