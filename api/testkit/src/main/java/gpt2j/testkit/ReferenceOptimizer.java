package gpt2j.testkit;

import gpt2j.api.training.AdamW;

/** What happens to parameters once their gradients are known. */
final class ReferenceOptimizer {
  /** Keeps the factor finite where all gradients are 0. */
  private static final double NORM_EPSILON = 1e-6;

  void norm(ReferenceTensor out, ReferenceTensor[] gradients, float maximum) {
    double squares = 0;
    for (ReferenceTensor gradient : gradients) {
      for (double value : gradient.doubles()) {
        squares += value * value;
      }
    }
    double norm = Math.sqrt(squares);
    out.set(new double[] {norm, Math.min(1, maximum / (norm + NORM_EPSILON))});
  }

  /**
   * See {@link gpt2j.api.training.TrainingOperations#adamW}.
   *
   * @param norm [norm, factor]
   * @param schedule [rate, c1, c2]
   */
  void update(
      ReferenceTensor parameter,
      ReferenceTensor gradient,
      ReferenceTensor firstMoment,
      ReferenceTensor secondMoment,
      float[] norm,
      float[] schedule,
      AdamW settings) {
    double rate = schedule[0];
    double c1 = schedule[1];
    double c2 = schedule[2];
    double beta1 = settings.beta1();
    double beta2 = settings.beta2();
    double[] p = parameter.doubles();
    double[] g = gradient.doubles();
    double[] m = firstMoment.doubles();
    double[] v = secondMoment.doubles();
    for (int i = 0; i < p.length; i++) {
      double clipped = norm[1] * g[i];
      p[i] -= rate * settings.weightDecay() * p[i];
      m[i] = beta1 * m[i] + (1 - beta1) * clipped;
      v[i] = beta2 * v[i] + (1 - beta2) * clipped * clipped;
      p[i] -= rate * (m[i] / c1) / (Math.sqrt(v[i] / c2) + settings.epsilon());
    }
    parameter.set(p);
    firstMoment.set(m);
    secondMoment.set(v);
    gradient.set(new double[g.length]);
  }
}
