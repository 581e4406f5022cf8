package gpt2j.backend.cpu.training;

import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import gpt2j.backend.cpu.kernel.AdamWUpdate;
import gpt2j.backend.cpu.kernel.ColumnSums;
import gpt2j.backend.cpu.kernel.DropoutKernels;
import gpt2j.backend.cpu.kernel.Gelu;
import gpt2j.backend.cpu.kernel.GeluBackward;
import gpt2j.backend.cpu.kernel.SoftmaxGradient;
import gpt2j.backend.cpu.kernel.VectorAdd;
import gpt2j.backend.cpu.memory.CpuTensor;
import gpt2j.backend.cpu.nd4j.Nd4jProducts.Form;
import gpt2j.backend.cpu.runtime.CpuRuntime;
import gpt2j.backend.cpu.simd.Memory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations of training, each done when its call returns. Types and shapes were checked by a
 * {@link gpt2j.spi.CheckedBackend} before. Work is cut into parts that depend on shapes alone and
 * each part's sums are added up in one order, so which worker takes what doesn't show.
 */
public final class CpuTrainingOperations implements TrainingOperations {
  private final WorkSplitter work;
  private final TrainingEmbedding embedding;
  private final TrainingLayerNorm norm;
  private final TrainingProducts products;
  private final GradientNorm gradientNorm;

  public CpuTrainingOperations(CpuRuntime runtime) {
    work = new WorkSplitter(runtime);
    embedding = new TrainingEmbedding(work);
    norm = new TrainingLayerNorm(work);
    products = new TrainingProducts(runtime);
    gradientNorm = new GradientNorm(runtime);
  }

  @Override
  public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    embedding.forward(out, tokens, wte, wpe, sequenceLength);
  }

  @Override
  public void embedBackward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    embedding.backward(wteGradient, wpeGradient, outGradient, tokens, sequenceLength);
  }

  @Override
  public void layerNorm(
      Tensor out, Tensor mean, Tensor rstd, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    norm.forward(out, mean, rstd, x, gain, bias, epsilon);
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
      Tensor rstd) {
    norm.backward(xGradient, gainGradient, biasGradient, outGradient, x, gain, mean, rstd);
  }

  @Override
  public void linear(Tensor out, Tensor x, Tensor weight, @Nullable Tensor bias) {
    products.run(Form.PLAIN, CpuTensor.of(out), CpuTensor.of(x), CpuTensor.of(weight));
    if (bias != null) {
      long to = CpuTensor.address(out);
      long from = CpuTensor.address(bias);
      int width = width(out);
      long rowBytes = (long) width * Float.BYTES;
      work.forRows(
          out,
          (row, worker) -> VectorAdd.add(to + row * rowBytes, to + row * rowBytes, from, width));
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
      work.forColumns(
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
    work.inParts(
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
    work.inParts(
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
    int sequences = out.shape().rows() / sequenceLength;
    work.forHeads(sequences, heads, attention.scratchBytes(), attention::run);
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
    int sequences = out.shape().rows() / sequenceLength;
    work.forHeads(sequences, heads, attention.scratchBytes(), attention::run);
  }

  @Override
  public void dropout(Tensor out, Tensor x, Dropout dropout) {
    long to = CpuTensor.address(out);
    long from = CpuTensor.address(x);
    DropoutFactors factors = DropoutFactors.of(dropout);
    if (factors != null) {
      work.inParts(
          out,
          factors,
          (at, kept, count) -> DropoutKernels.multiply(to + at, from + at, kept, count));
    } else if (to != from) {
      work.inParts(
          out, (at, count, worker) -> Memory.copy(from + at, to + at, (long) count * Float.BYTES));
    }
  }

  @Override
  public void addResidual(Tensor out, Tensor x, Dropout dropout) {
    long to = CpuTensor.address(out);
    long from = CpuTensor.address(x);
    DropoutFactors factors = DropoutFactors.of(dropout);
    if (factors != null) {
      work.inParts(
          out,
          factors,
          (at, kept, count) -> DropoutKernels.multiplyAdd(to + at, from + at, kept, count));
    } else {
      work.inParts(out, (at, count, worker) -> VectorAdd.add(to + at, to + at, from + at, count));
    }
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
    work.forRows(
        logits,
        (row, worker) -> {
          long skipped = row * rowBytes;
          float loss = 0;
          if (Memory.getInt(target + (long) row * Integer.BYTES) == IGNORED_TARGET) {
            Memory.clear(to + skipped, rowBytes);
          } else {
            int token = (int) TrainingEmbedding.existing(target, row, vocabulary);
            loss = SoftmaxGradient.row(to + skipped, from + skipped, token, factor, vocabulary);
          }
          Memory.set(toLosses + (long) row * Float.BYTES, loss);
        });
  }

  @Override
  public void zero(Tensor out) {
    long to = CpuTensor.address(out);
    work.inParts(out, (at, count, worker) -> Memory.clear(to + at, (long) count * Float.BYTES));
  }

  @Override
  public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
    gradientNorm.run(CpuTensor.address(out), gradients, maximum);
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
    work.inParts(
        parameter,
        (at, count, worker) ->
            update.apply(parameters + at, gradients + at, first + at, second + at, count));
  }

  private static int width(Tensor matrix) {
    return matrix.shape().size(1);
  }

  @Override
  public TrainingOperations otherwise(String operation) {
    throw new UnsupportedException("cpu has no operation of training called " + operation);
  }
}
