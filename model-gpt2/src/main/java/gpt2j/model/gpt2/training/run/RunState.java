package gpt2j.model.gpt2.training.run;

import java.util.Optional;

/**
 * How far a run has come. With the hyperparameters this is all that its continuation depends on,
 * beside the tensors: batches, dropout and the learning rate are functions of the step.
 *
 * @param step updates so far
 * @param tokens tokens whose losses were trained on
 * @param seconds time spent on updates
 * @param last the latest evaluation
 * @param best the one with the lowest loss, that before the first update apart
 * @param evaluationsSinceBest how many came after the best
 */
public record RunState(
    long step,
    long tokens,
    double seconds,
    Optional<Evaluation> last,
    Optional<Evaluation> best,
    int evaluationsSinceBest) {
  static final RunState BEGIN = new RunState(0, 0, 0, Optional.empty(), Optional.empty(), 0);

  RunState updated(long countedTokens, double time) {
    return new RunState(
        step + 1, tokens + countedTokens, seconds + time, last, best, evaluationsSinceBest);
  }

  RunState evaluated(double loss) {
    Optional<Evaluation> now = Optional.of(new Evaluation(step, loss));
    if (step == 0) {
      return new RunState(step, tokens, seconds, now, best, 0);
    }
    boolean better = !Double.isNaN(loss) && (best.isEmpty() || loss < best.get().loss());
    return new RunState(
        step, tokens, seconds, now, better ? now : best, better ? 0 : evaluationsSinceBest + 1);
  }

  /** Whether the best evaluation is that of this step. */
  boolean isBest() {
    return best.isPresent() && best.get().step() == step;
  }
}
