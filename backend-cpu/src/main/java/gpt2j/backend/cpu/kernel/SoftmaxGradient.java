package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;

/** Softmax and cross-entropy of one row together, forward and backward. */
public final class SoftmaxGradient {
  private SoftmaxGradient() {}

  /**
   * {@code gradient = scale · (softmax(logits) − onehot(target))}.
   *
   * @param gradient may be {@code logits}
   * @return the loss: −ln softmax(logits)[target]
   */
  public static float row(long gradient, long logits, int target, float scale, int vocabulary) {
    long targetAt = (long) target * Float.BYTES;
    double logit = Memory.get(logits + targetAt);
    float max = Softmax.max(logits, vocabulary);
    double sum = Softmax.sumOfExponentials(logits, vocabulary, max);
    exponentiate(gradient, logits, max, (float) (scale / sum), vocabulary);
    Memory.set(gradient + targetAt, Memory.get(gradient + targetAt) - scale);
    return (float) (max - logit + Math.log(sum));
  }

  /** {@code out = factor · e^(x − max)}. */
  private static void exponentiate(long out, long x, float max, float factor, int count) {
    int whole = count - count % Memory.LANES;
    FloatVector maxima = VectorMath.constant(max);
    FloatVector factors = VectorMath.constant(factor);
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector distance = Memory.load(x + at).sub(maxima);
      Memory.store(VectorMath.boundedExp(distance).mul(factors), out + at);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      Memory.set(out + at, (float) (factor * Math.exp(Memory.get(x + at) - max)));
    }
  }
}
