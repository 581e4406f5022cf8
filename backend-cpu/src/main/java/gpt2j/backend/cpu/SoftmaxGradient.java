package gpt2j.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Softmax and cross-entropy of one row together, forward and backward. */
final class SoftmaxGradient {
  private SoftmaxGradient() {}

  /**
   * {@code gradient = scale · (softmax(logits) − onehot(target))}.
   *
   * @param gradient may be {@code logits}
   * @return the loss: −ln softmax(logits)[target]
   */
  static float row(long gradient, long logits, int target, float scale, int vocabulary) {
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
    for (int i = 0; i < whole; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      Memory.store(VectorMath.boundedExp(Memory.load(x + at).sub(max)).mul(factor), out + at);
    }
    if (whole < count) {
      long at = (long) whole * Float.BYTES;
      VectorMask<Float> rest = Memory.first(count - whole);
      FloatVector e = VectorMath.boundedExp(Memory.load(x + at, rest).sub(max));
      Memory.store(e.mul(factor), out + at, rest);
    }
  }
}
