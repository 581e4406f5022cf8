package gpt2j.model.gpt2.training;

/**
 * Cross-entropy of some targets.
 *
 * @param sum over the targets that count, in nats
 * @param targets how many count
 */
public record Loss(double sum, int targets) {
  /** The loss of nothing. */
  public static final Loss NONE = new Loss(0, 0);

  /** Nats per target; NaN when there is none. */
  public double mean() {
    return sum / targets;
  }

  /** That of both together. */
  public Loss plus(Loss other) {
    return new Loss(sum + other.sum, Math.addExact(targets, other.targets));
  }
}
