package gpt2j.backend.cpu.kernel;

import gpt2j.api.training.AdamW;
import gpt2j.backend.cpu.simd.Memory;
import gpt2j.backend.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;

/**
 * One update of AdamW, see {@link gpt2j.api.training.TrainingOperations#adamW}: each number is read
 * once and written once.
 */
public final class AdamWUpdate {
  private final float clip;
  private final float beta1;
  private final float rest1;
  private final float beta2;
  private final float rest2;
  private final float decay;
  private final float step;
  private final float rootFactor;
  private final float epsilon;

  /**
   * An update.
   *
   * @param clip factor of all gradients
   * @param c1 1 − beta1ᵗ
   * @param c2 1 − beta2ᵗ
   */
  public AdamWUpdate(AdamW settings, float clip, float rate, float c1, float c2) {
    this.clip = clip;
    beta1 = settings.beta1();
    rest1 = 1 - beta1;
    beta2 = settings.beta2();
    rest2 = 1 - beta2;
    decay = rate * settings.weightDecay();
    step = rate / c1;
    rootFactor = (float) (1 / Math.sqrt(c2));
    epsilon = settings.epsilon();
  }

  /** Updates some numbers and sets their gradients to zero. */
  public void apply(long parameter, long gradient, long firstMoment, long secondMoment, int count) {
    int whole = count - count % Memory.LANES;
    vectors(parameter, gradient, firstMoment, secondMoment, whole);
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      one(parameter + at, gradient + at, firstMoment + at, secondMoment + at);
    }
  }

  private void vectors(long parameter, long gradient, long first, long second, int count) {
    FloatVector minusDecay = VectorMath.constant(-decay);
    FloatVector minusStep = VectorMath.constant(-step);
    FloatVector vectorRest1 = VectorMath.constant(rest1);
    FloatVector vectorRest2 = VectorMath.constant(rest2);
    FloatVector root = VectorMath.constant(rootFactor);
    FloatVector offset = VectorMath.constant(epsilon);
    FloatVector zero = VectorMath.constant(0);
    for (int i = 0; i < count; i += Memory.LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector g = Memory.load(gradient + at).mul(clip);
      FloatVector m = g.fma(vectorRest1, Memory.load(first + at).mul(beta1));
      FloatVector v = g.mul(g).fma(vectorRest2, Memory.load(second + at).mul(beta2));
      FloatVector p = Memory.load(parameter + at);
      FloatVector ratio = m.div(v.sqrt().fma(root, offset));
      Memory.store(ratio.fma(minusStep, p.fma(minusDecay, p)), parameter + at);
      Memory.store(m, first + at);
      Memory.store(v, second + at);
      Memory.store(zero, gradient + at);
    }
  }

  private void one(long parameter, long gradient, long first, long second) {
    float g = Memory.get(gradient) * clip;
    float m = Math.fma(g, rest1, Memory.get(first) * beta1);
    float v = Math.fma(g * g, rest2, Memory.get(second) * beta2);
    float p = Memory.get(parameter);
    float ratio = m / Math.fma((float) Math.sqrt(v), rootFactor, epsilon);
    Memory.set(parameter, Math.fma(ratio, -step, Math.fma(p, -decay, p)));
    Memory.set(first, m);
    Memory.set(second, v);
    Memory.set(gradient, 0);
  }
}
