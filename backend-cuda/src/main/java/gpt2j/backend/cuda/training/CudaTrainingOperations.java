package gpt2j.backend.cuda.training;

import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import gpt2j.api.training.Dropout;
import gpt2j.api.training.TrainingOperations;
import gpt2j.backend.cuda.forward.Fusion;
import gpt2j.backend.cuda.gemm.Gemm;
import gpt2j.backend.cuda.launch.CudaRuntime;
import gpt2j.backend.cuda.memory.CudaTensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations of training, each a kernel or a few in the backend's stream. Types and shapes were
 * checked by a {@link gpt2j.spi.CheckedBackend} before.
 */
public final class CudaTrainingOperations implements TrainingOperations {
  private final CudaRuntime runtime;
  private final Fusion fusion;
  private final TrainingEmbedding embedding;
  private final TrainingNorm norm;
  private final TrainingProducts products;
  private final TrainingAttention attention;
  private final Elementwise elementwise;
  private final TrainingLoss loss;
  private final AdamWUpdate optimizer;

  public CudaTrainingOperations(CudaRuntime runtime, Fusion fusion, Gemm gemm) {
    this.runtime = runtime;
    this.fusion = fusion;
    embedding = new TrainingEmbedding(runtime);
    norm = new TrainingNorm(runtime);
    products = new TrainingProducts(runtime, gemm);
    attention = new TrainingAttention(runtime);
    elementwise = new Elementwise(runtime);
    loss = new TrainingLoss(runtime);
    optimizer = new AdamWUpdate(runtime);
  }

  /** Called before anything is queued. */
  private void begin() {
    runtime.context().enter();
    fusion.flush();
  }

  @Override
  public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    begin();
    embedding.forward(
        CudaTensor.of(out),
        CudaTensor.of(tokens),
        CudaTensor.of(wte),
        CudaTensor.of(wpe),
        sequenceLength);
  }

  @Override
  public void embedBackward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    begin();
    embedding.backward(
        CudaTensor.of(wteGradient),
        CudaTensor.of(wpeGradient),
        CudaTensor.of(outGradient),
        CudaTensor.of(tokens),
        sequenceLength);
  }

  @Override
  public void layerNorm(
      Tensor out, Tensor mean, Tensor rstd, Tensor x, Tensor gain, Tensor bias, float epsilon) {
    begin();
    norm.forward(
        CudaTensor.of(out),
        CudaTensor.of(mean),
        CudaTensor.of(rstd),
        CudaTensor.of(x),
        CudaTensor.of(gain),
        CudaTensor.of(bias),
        epsilon);
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
    begin();
    norm.backward(
        CudaTensor.of(xGradient),
        CudaTensor.of(gainGradient),
        CudaTensor.of(biasGradient),
        CudaTensor.of(outGradient),
        CudaTensor.of(x),
        CudaTensor.of(gain),
        CudaTensor.of(mean),
        CudaTensor.of(rstd));
  }

  @Override
  public void linear(Tensor out, Tensor x, Tensor weight, @Nullable Tensor bias) {
    begin();
    products.linear(CudaTensor.of(out), CudaTensor.of(x), CudaTensor.of(weight), ofNullable(bias));
  }

  private static @Nullable CudaTensor ofNullable(@Nullable Tensor tensor) {
    return tensor == null ? null : CudaTensor.of(tensor);
  }

  @Override
  public void linearBackward(
      Tensor xGradient,
      Tensor weightGradient,
      @Nullable Tensor biasGradient,
      Tensor outGradient,
      Tensor x,
      Tensor weight) {
    begin();
    products.linearBackward(
        CudaTensor.of(xGradient),
        CudaTensor.of(weightGradient),
        ofNullable(biasGradient),
        CudaTensor.of(outGradient),
        CudaTensor.of(x),
        CudaTensor.of(weight));
  }

  @Override
  public void gelu(Tensor out, Tensor x, GeluForm form) {
    begin();
    elementwise.gelu(CudaTensor.of(out), CudaTensor.of(x), form);
  }

  @Override
  public void geluBackward(Tensor xGradient, Tensor outGradient, Tensor x, GeluForm form) {
    begin();
    elementwise.geluBackward(
        CudaTensor.of(xGradient), CudaTensor.of(outGradient), CudaTensor.of(x), form);
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
    begin();
    attention.forward(
        CudaTensor.of(out),
        CudaTensor.of(logSumExp),
        CudaTensor.of(qkv),
        sequenceLength,
        heads,
        scale,
        dropout);
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
    begin();
    attention.backward(
        CudaTensor.of(qkvGradient),
        CudaTensor.of(outGradient),
        CudaTensor.of(out),
        CudaTensor.of(logSumExp),
        CudaTensor.of(qkv),
        sequenceLength,
        heads,
        scale,
        dropout);
  }

  @Override
  public void dropout(Tensor out, Tensor x, Dropout dropout) {
    begin();
    elementwise.dropout(CudaTensor.of(out), CudaTensor.of(x), dropout);
  }

  @Override
  public void addResidual(Tensor out, Tensor x, Dropout dropout) {
    begin();
    elementwise.addResidual(CudaTensor.of(out), CudaTensor.of(x), dropout);
  }

  @Override
  public void logits(Tensor out, Tensor x, Tensor wte) {
    begin();
    products.logits(CudaTensor.of(out), CudaTensor.of(x), CudaTensor.of(wte));
  }

  @Override
  public void logitsBackward(
      Tensor xGradient, Tensor wteGradient, Tensor outGradient, Tensor x, Tensor wte) {
    begin();
    products.logitsBackward(
        CudaTensor.of(xGradient),
        CudaTensor.of(wteGradient),
        CudaTensor.of(outGradient),
        CudaTensor.of(x),
        CudaTensor.of(wte));
  }

  @Override
  public void crossEntropy(
      Tensor losses, Tensor logitsGradient, Tensor logits, Tensor targets, Tensor scale) {
    begin();
    loss.run(
        CudaTensor.of(losses),
        CudaTensor.of(logitsGradient),
        CudaTensor.of(logits),
        CudaTensor.of(targets),
        CudaTensor.of(scale));
  }

  @Override
  public void zero(Tensor out) {
    begin();
    elementwise.zero(CudaTensor.of(out));
  }

  @Override
  public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
    begin();
    optimizer.gradientNorm(CudaTensor.of(out), gradients, maximum);
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
    begin();
    optimizer.adamW(
        CudaTensor.of(parameter),
        CudaTensor.of(gradient),
        CudaTensor.of(firstMoment),
        CudaTensor.of(secondMoment),
        CudaTensor.of(norm),
        CudaTensor.of(schedule),
        settings);
  }

  @Override
  public TrainingOperations otherwise(String operation) {
    throw new UnsupportedException("cuda has no operation of training called " + operation);
  }
}
