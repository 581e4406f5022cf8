package gpt2j.backend.cuda;

import gpt2j.api.AdamW;
import gpt2j.api.Dropout;
import gpt2j.api.GeluForm;
import gpt2j.api.Tensor;
import gpt2j.api.TrainingOperations;
import gpt2j.api.UnsupportedException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations of training, each a kernel or a few in the backend's stream. Types and shapes were
 * checked by {@link gpt2j.api.CheckedTrainingOperations} before.
 */
final class CudaTrainingOperations implements TrainingOperations {
  private final CudaRuntime runtime;
  private final Fusion fusion;
  private final TrainingProducts products;
  private final TrainingAttention attention;

  CudaTrainingOperations(CudaRuntime runtime, Fusion fusion, Gemm gemm) {
    this.runtime = runtime;
    this.fusion = fusion;
    products = new TrainingProducts(runtime, gemm);
    attention = new TrainingAttention(runtime);
  }

  /** Called before anything is queued. */
  private void begin() {
    runtime.context().enter();
    fusion.flush();
  }

  private static UnsupportedException missing(String operation) {
    return new UnsupportedException("the cuda backend has no " + operation + " in training");
  }

  @Override
  public void embed(Tensor out, Tensor tokens, Tensor wte, Tensor wpe, int sequenceLength) {
    throw missing("embed");
  }

  @Override
  public void embedBackward(
      Tensor wteGradient,
      Tensor wpeGradient,
      Tensor outGradient,
      Tensor tokens,
      int sequenceLength) {
    throw missing("embedBackward");
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
    throw missing("layerNorm");
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
    throw missing("layerNormBackward");
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
    throw missing("gelu");
  }

  @Override
  public void geluBackward(Tensor xGradient, Tensor outGradient, Tensor x, GeluForm form) {
    throw missing("geluBackward");
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
    throw missing("dropout");
  }

  @Override
  public void addResidual(Tensor out, Tensor x, Dropout dropout) {
    throw missing("addResidual");
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
    throw missing("crossEntropy");
  }

  @Override
  public void zero(Tensor out) {
    throw missing("zero");
  }

  @Override
  public void gradientNorm(Tensor out, List<Tensor> gradients, float maximum) {
    throw missing("gradientNorm");
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
    throw missing("adamW");
  }
}
