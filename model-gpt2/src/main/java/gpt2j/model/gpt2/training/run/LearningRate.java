package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.json.JsonRecords;

/**
 * The learning rate of each update: a linear rise, then half a cosine down to a minimum (Loshchilov
 * &amp; Hutter 2017, §3), which it keeps; step for step that of nanoGPT.
 *
 * @param learningRate the highest, above 0
 * @param minLearningRate the last, from 0 to the highest
 * @param warmupSteps updates of the rise; 0 for none
 * @param decaySteps the update from which on the rate is the lowest, above the warm-up
 */
public record LearningRate(
    double learningRate, double minLearningRate, int warmupSteps, int decaySteps) {
  public LearningRate {
    JsonRecords.check(
        learningRate > 0 && Double.isFinite(learningRate),
        "learning_rate must be a number above 0, not %s",
        learningRate);
    JsonRecords.check(
        minLearningRate >= 0 && minLearningRate <= learningRate,
        "min_learning_rate must be from 0 to learning_rate, which is %s, not %s",
        learningRate,
        minLearningRate);
    JsonRecords.check(warmupSteps >= 0, "warmup_steps must be 0 or more, not %d", warmupSteps);
    JsonRecords.check(
        decaySteps > warmupSteps,
        "decay_steps must be more than warmup_steps, but %d is not more than %d",
        decaySteps,
        warmupSteps);
  }

  /**
   * The rate of an update.
   *
   * @param update counted from 1
   */
  public double of(long update) {
    long before = update - 1;
    if (before < warmupSteps) {
      return learningRate * update / (warmupSteps + 1);
    }
    if (before > decaySteps) {
      return minLearningRate;
    }
    double progress = (double) (before - warmupSteps) / (decaySteps - warmupSteps);
    // StrictMath, so that a run resumed on another machine has the same rates.
    double share = 0.5 * (1 + StrictMath.cos(Math.PI * progress));
    return minLearningRate + share * (learningRate - minLearningRate);
  }
}
