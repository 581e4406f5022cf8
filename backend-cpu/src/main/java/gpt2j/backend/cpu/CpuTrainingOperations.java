package gpt2j.backend.cpu;

import gpt2j.api.AdamW;
import gpt2j.api.Dropout;
import gpt2j.api.GeluForm;
import gpt2j.api.Tensor;
import gpt2j.api.TrainingOperations;
import gpt2j.backend.cpu.Nd4jProducts.Form;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations of training, each done when its call returns. Types and shapes were checked by
 * {@link gpt2j.api.CheckedTrainingOperations} before. Work is cut into parts that depend on shapes
 * alone and each part's sums are added up in one order, so which worker takes what doesn't show.
 */
final class CpuTrainingOperations implements TrainingOperations {
  /** Numbers that a worker takes at a time. */
  private static final int PART = 1 << 14;

  private final CpuRuntime runtime;
  private final TrainingProducts products;
  private final GradientNorm norm;

  CpuTrainingOperations(CpuRuntime runtime) {
    this.runtime = runtime;
    products = new TrainingProducts(runtime);
    norm = new GradientNorm(runtime);
  }

  @Override
  public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    long to = CpuTensor.address(out);
    long token = CpuTensor.address(tokens);
    long tokenRows = CpuTensor.address(wte);
    long positionRows = CpuTensor.address(wpe);
    int vocabulary = wte.shape().rows();
    int width = width(out);
    long rowBytes = (long) width * Float.BYTES;
    forRows(
        out,
        (row, worker) -> {
          long tokenRow = tokenRows + existing(token, row, vocabulary) * rowBytes;
          long positionRow = positionRows + row % sequenceLength * rowBytes;
          Finish.add(to + row * rowBytes, tokenRow, positionRow, width);
        });
  }

  /** Each part is some columns of all rows, so that no two of them add to the same number. */
  @Override
  public void embedBackward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    long tokenRows = CpuTensor.address(wteGradient);
    long positionRows = CpuTensor.address(wpeGradient);
    long from = CpuTensor.address(outGradient);
    long token = CpuTensor.address(tokens);
    int vocabulary = wteGradient.shape().rows();
    int rows = outGradient.shape().rows();
    long rowBytes = (long) width(outGradient) * Float.BYTES;
    forColumns(
        width(outGradient),
        (column, columns) -> {
          long at = (long) column * Float.BYTES;
          for (int row = 0; row < rows; row++) {
            long gradient = from + row * rowBytes + at;
            long tokenRow = tokenRows + existing(token, row, vocabulary) * rowBytes + at;
            long positionRow = positionRows + row % sequenceLength * rowBytes + at;
            Finish.add(tokenRow, tokenRow, gradient, columns);
            Finish.add(positionRow, positionRow, gradient, columns);
          }
        });
  }

  /** Row of a table; tokens outside of it are the caller's mistake, but mustn't reach memory. */
  private static long existing(long tokens, int row, int vocabulary) {
    return Math.clamp(Memory.getInt(tokens + (long) row * Integer.BYTES), 0, vocabulary - 1);
  }

  @Override
  public void layerNorm(
      Tensor out,
      Tensor mean,
      Tensor inverseDeviation,
      Tensor x,
      Tensor gain,
      Tensor bias,
      float epsilon) {
    long to = CpuTensor.address(out);
    long means = CpuTensor.address(mean);
    long factors = CpuTensor.address(inverseDeviation);
    long from = CpuTensor.address(x);
    long gains = CpuTensor.address(gain);
    long biases = CpuTensor.address(bias);
    int width = width(x);
    long rowBytes = (long) width * Float.BYTES;
    forRows(
        x,
        (row, worker) -> {
          long at = (long) row * Float.BYTES;
          LayerNorm.rowKeeping(
              to + row * rowBytes,
              means + at,
              factors + at,
              from + row * rowBytes,
              gains,
              biases,
              width,
              epsilon);
        });
  }

  @Override
  public void layerNormBackward(
      Tensor xGradient,
      Tensor gainGradient,
      Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor inverseDeviation) {
    long to = CpuTensor.address(xGradient);
    long toGain = CpuTensor.address(gainGradient);
    long toBias = CpuTensor.address(biasGradient);
    long gradient = CpuTensor.address(outGradient);
    long from = CpuTensor.address(x);
    long gains = CpuTensor.address(gain);
    long means = CpuTensor.address(mean);
    long factors = CpuTensor.address(inverseDeviation);
    int rows = x.shape().rows();
    int width = width(x);
    long rowBytes = (long) width * Float.BYTES;
    forRows(
        x,
        (row, worker) -> {
          long skipped = row * rowBytes;
          float rowMean = Memory.get(means + (long) row * Float.BYTES);
          float factor = Memory.get(factors + (long) row * Float.BYTES);
          LayerNormBackwardKernels.addRow(
              to + skipped, gradient + skipped, from + skipped, gains, rowMean, factor, width);
        });
    forColumns(
        width,
        (first, columns) -> {
          for (int column = 0; column < columns; column += Memory.LANES) {
            long at = (long) (first + column) * Float.BYTES;
            LayerNormBackwardKernels.addColumns(
                toGain + at,
                toBias + at,
                gradient + at,
                from + at,
                means,
                factors,
                rowBytes,
                rows,
                columns - column);
          }
        });
  }

  @Override
  public void linear(Tensor out, Tensor x, Tensor weight, @Nullable Tensor bias) {
    products.run(Form.PLAIN, CpuTensor.of(out), CpuTensor.of(x), CpuTensor.of(weight));
    if (bias != null) {
      long to = CpuTensor.address(out);
      long from = CpuTensor.address(bias);
      int width = width(out);
      long rowBytes = (long) width * Float.BYTES;
      forRows(
          out, (row, worker) -> Finish.add(to + row * rowBytes, to + row * rowBytes, from, width));
    }
  }

  @Override
  public void linearBackward(
      Tensor xGradient,
      Tensor weightGradient,
      @Nullable Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor weight) {
    CpuTensor gradient = CpuTensor.of(outGradient);
    products.run(Form.TRANSPOSED, CpuTensor.of(xGradient), gradient, CpuTensor.of(weight));
    products.run(
        Form.ADD_FIRST_TRANSPOSED, CpuTensor.of(weightGradient), CpuTensor.of(x), gradient);
    if (biasGradient != null) {
      long to = CpuTensor.address(biasGradient);
      long from = gradient.address();
      int rows = outGradient.shape().rows();
      int width = width(outGradient);
      long rowBytes = (long) width * Float.BYTES;
      forColumns(
          width,
          (column, columns) -> {
            long at = (long) column * Float.BYTES;
            ColumnSums.add(to + at, from + at, rowBytes, rows, columns);
          });
    }
  }

  @Override
  public void gelu(Tensor out, Tensor x, GeluForm form) {
    long to = CpuTensor.address(out);
    long from = CpuTensor.address(x);
    inParts(
        out,
        (at, count, worker) -> {
          switch (form) {
            case TANH -> Gelu.tanh(to + at, from + at, count);
            case ERF -> Gelu.erf(to + at, from + at, count);
          }
        });
  }

  @Override
  public void geluBackward(Tensor xGradient, Tensor outGradient, Tensor x, GeluForm form) {
    long to = CpuTensor.address(xGradient);
    long gradient = CpuTensor.address(outGradient);
    long from = CpuTensor.address(x);
    inParts(
        xGradient,
        (at, count, worker) -> {
          switch (form) {
            case TANH -> GeluBackward.tanh(to + at, gradient + at, from + at, count);
            case ERF -> GeluBackward.erf(to + at, gradient + at, from + at, count);
          }
        });
  }

  @Override
  public void attention(
      Tensor out,
      Tensor logSumExp,
      Tensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    TrainingAttention attention =
        new TrainingAttention(
            sequenceLength,
            heads,
            width(out) / heads,
            scale,
            DropoutFactors.of(dropout),
            CpuTensor.address(out),
            CpuTensor.address(logSumExp),
            CpuTensor.address(qkv));
    long scratchBytes = attention.scratchBytes();
    long scratch = scratch(scratchBytes);
    int sequences = out.shape().rows() / sequenceLength;
    runtime
        .pool()
        .forEach(
            sequences * heads,
            (task, worker) ->
                attention.run(task / heads, task % heads, scratch + worker * scratchBytes));
  }

  @Override
  public void attentionBackward(
      Tensor qkvGradient,
      Tensor outGradient,
      Tensor out,
      Tensor logSumExp,
      Tensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      Dropout dropout) {
    TrainingAttentionBackward attention =
        new TrainingAttentionBackward(
            sequenceLength,
            heads,
            width(out) / heads,
            scale,
            DropoutFactors.of(dropout),
            CpuTensor.address(qkvGradient),
            CpuTensor.address(outGradient),
            CpuTensor.address(out),
            CpuTensor.address(logSumExp),
            CpuTensor.address(qkv));
    long scratchBytes = attention.scratchBytes();
    long scratch = scratch(scratchBytes);
    int sequences = out.shape().rows() / sequenceLength;
    runtime
        .pool()
        .forEach(
            sequences * heads,
            (task, worker) ->
                attention.run(task / heads, task % heads, scratch + worker * scratchBytes));
  }

  @Override
  public void dropout(Tensor out, Tensor x, Dropout dropout) {
    long to = CpuTensor.address(out);
    long from = CpuTensor.address(x);
    DropoutFactors factors = DropoutFactors.of(dropout);
    if (factors != null) {
      long scratchBytes = DropoutFactors.scratchBytes(PART);
      long scratch = scratch(scratchBytes);
      inParts(
          out,
          (at, count, worker) -> {
            long kept = factors.store(scratch + worker * scratchBytes, at / Float.BYTES, count);
            DropoutFactors.multiply(to + at, from + at, kept, count);
          });
    } else if (to != from) {
      inParts(
          out, (at, count, worker) -> Memory.copy(from + at, to + at, (long) count * Float.BYTES));
    }
  }

  @Override
  public void addResidual(Tensor out, Tensor x, Dropout dropout) {
    long to = CpuTensor.address(out);
    long from = CpuTensor.address(x);
    DropoutFactors factors = DropoutFactors.of(dropout);
    if (factors == null) {
      inParts(out, (at, count, worker) -> Finish.add(to + at, to + at, from + at, count));
      return;
    }
    long scratchBytes = DropoutFactors.scratchBytes(PART);
    long scratch = scratch(scratchBytes);
    inParts(
        out,
        (at, count, worker) -> {
          long kept = factors.store(scratch + worker * scratchBytes, at / Float.BYTES, count);
          DropoutFactors.multiplyAdd(to + at, from + at, kept, count);
        });
  }

  @Override
  public void logits(Tensor out, Tensor x, Tensor wte) {
    products.run(Form.TRANSPOSED, CpuTensor.of(out), CpuTensor.of(x), CpuTensor.of(wte));
  }

  @Override
  public void logitsBackward(
      Tensor xGradient, Tensor wteGradient, Tensor outGradient, Tensor x, Tensor wte) {
    CpuTensor gradient = CpuTensor.of(outGradient);
    products.run(Form.PLAIN, CpuTensor.of(xGradient), gradient, CpuTensor.of(wte));
    products.run(Form.ADD_FIRST_TRANSPOSED, CpuTensor.of(wteGradient), gradient, CpuTensor.of(x));
  }

  @Override
  public void crossEntropy(
      Tensor losses, Tensor logitsGradient, Tensor logits, Tensor targets, Tensor scale) {
    long toLosses = CpuTensor.address(losses);
    long to = CpuTensor.address(logitsGradient);
    long from = CpuTensor.address(logits);
    long target = CpuTensor.address(targets);
    float factor = Memory.get(CpuTensor.address(scale));
    int vocabulary = width(logits);
    long rowBytes = (long) vocabulary * Float.BYTES;
    forRows(
        logits,
        (row, worker) -> {
          long skipped = row * rowBytes;
          float loss = 0;
          if (Memory.getInt(target + (long) row * Integer.BYTES) == IGNORED_TARGET) {
            Memory.clear(to + skipped, rowBytes);
          } else {
            int token = (int) existing(target, row, vocabulary);
            loss = SoftmaxGradient.row(to + skipped, from + skipped, token, factor, vocabulary);
          }
          Memory.set(toLosses + (long) row * Float.BYTES, loss);
        });
  }

  @Override
  public void zero(Tensor out) {
    long to = CpuTensor.address(out);
    inParts(out, (at, count, worker) -> Memory.clear(to + at, (long) count * Float.BYTES));
  }

  @Override
  public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
    norm.run(CpuTensor.address(out), gradients, maximum);
  }

  @Override
  public void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      Tensor norm,
      Tensor schedule,
      AdamW settings) {
    long parameters = CpuTensor.address(parameter);
    long gradients = CpuTensor.address(gradient);
    long first = CpuTensor.address(firstMoment);
    long second = CpuTensor.address(secondMoment);
    long now = CpuTensor.address(schedule);
    AdamWUpdate update =
        new AdamWUpdate(
            settings,
            Memory.get(CpuTensor.address(norm) + Float.BYTES),
            Memory.get(now),
            Memory.get(now + Float.BYTES),
            Memory.get(now + 2L * Float.BYTES));
    inParts(
        parameter,
        (at, count, worker) ->
            update.apply(parameters + at, gradients + at, first + at, second + at, count));
  }

  /** A part of a tensor's elements. */
  private interface Part {
    /**
     * Works on it.
     *
     * @param at bytes before the first element
     */
    void run(long at, int count, int worker);
  }

  private void inParts(Tensor tensor, Part part) {
    long elements = tensor.shape().elements();
    runtime
        .pool()
        .forEach(
            Math.toIntExact(Math.ceilDiv(elements, PART)),
            (index, worker) -> {
              long first = (long) index * PART;
              part.run(first * Float.BYTES, (int) Math.min(PART, elements - first), worker);
            });
  }

  /** Some neighbouring columns of a matrix. */
  private interface Columns {
    void run(int first, int count);
  }

  private void forColumns(int width, Columns work) {
    int part = ColumnSums.FOUR;
    runtime
        .pool()
        .forEach(
            Math.ceilDiv(width, part),
            (index, worker) -> work.run(index * part, Math.min(part, width - index * part)));
  }

  private void forRows(Tensor matrix, WorkerPool.Task task) {
    runtime.pool().forEach(matrix.shape().rows(), task);
  }

  private long scratch(long bytesPerWorker) {
    return runtime.scratch().bytes(runtime.pool().size() * bytesPerWorker);
  }

  private static int width(Tensor matrix) {
    return matrix.shape().size(1);
  }
}
