package gpt2j.cli.train;

import gpt2j.api.Words;
import gpt2j.api.training.AdamW;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.Quantity;
import gpt2j.model.gpt2.training.TrainedBiases;
import gpt2j.model.gpt2.training.run.LearningRate;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How weights are changed. */
final class TrainOptimizerOptions {
  private static final double NEW_MODEL = 6e-4;
  private static final double FINE_TUNING = 3e-5;
  private static final int LONGEST_WARMUP = 100;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      converter = Quantity.LearningRate.class,
      description = "The highest. Default: 6e-4, or 3e-5 with --model.")
  private @Nullable Double learningRate;

  @Option(
      names = "--min-learning-rate",
      paramLabel = "X",
      converter = Quantity.MinLearningRate.class,
      description = "The last, after the decay. Default: a tenth of the highest.")
  private @Nullable Double minLearningRate;

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      converter = Quantity.CountOrZero.class,
      description = "Steps in which the learning rate rises. Default: a tenth of all, at most 100.")
  private @Nullable Integer warmupSteps;

  @Option(
      names = "--decay-steps",
      paramLabel = "N",
      description = "Steps after which it is the lowest. Default: --max-steps.")
  private @Nullable Integer decaySteps;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      converter = Quantity.NotNegative.class,
      description = "AdamW's, of matrices and embeddings. Default: 0.1.")
  private float weightDecay = 0.1f;

  @Option(
      names = "--beta1",
      paramLabel = "X",
      converter = Quantity.Fraction.class,
      description = "AdamW's, of the mean of gradients. Default: 0.9.")
  private float beta1 = 0.9f;

  @Option(
      names = "--beta2",
      paramLabel = "X",
      converter = Quantity.Fraction.class,
      description = "AdamW's, of the mean of their squares. Default: 0.95.")
  private float beta2 = 0.95f;

  @Option(
      names = "--epsilon",
      paramLabel = "X",
      converter = Quantity.Positive.class,
      description = "AdamW's. Default: 1e-8.")
  private float epsilon = 1e-8f;

  @Option(
      names = "--clip",
      paramLabel = "X",
      converter = Quantity.NotNegative.class,
      description = "Scale a gradient down to this norm, 0 for any norm. Default: 1.")
  private float clip = 1;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      converter = Quantity.Fraction.class,
      description = "Probability with which an activation is dropped. Default: 0.")
  private float dropout;

  @Option(
      names = "--biases",
      paramLabel = "WHICH",
      converter = Choice.OfBiases.class,
      completionCandidates = Choice.OfBiases.class,
      description =
          "Which biases are trained, the others stay 0 in a new model: ${COMPLETION-CANDIDATES}."
              + " Default: all.")
  private TrainedBiases biases = TrainedBiases.ALL;

  /** The learning rate of each of {@code maxSteps} steps. */
  LearningRate learningRate(int maxSteps, boolean fineTuning) {
    double highest = learningRate == null ? (fineTuning ? FINE_TUNING : NEW_MODEL) : learningRate;
    double lowest =
        minLearningRate == null
            ? BigDecimal.valueOf(highest).movePointLeft(1).doubleValue()
            : minLearningRate;
    if (lowest > highest) {
      throw UserError.usage(
          "--min-learning-rate: %s is more than the learning rate of %s"
              .formatted(lowest, highest));
    }
    int decay = decaySteps == null ? maxSteps : decaySteps;
    int warmup = warmupSteps == null ? Math.min(decay / 10, LONGEST_WARMUP) : warmupSteps;
    if (warmup >= decay) {
      throw UserError.usage(
          "--warmup-steps: %d are not fewer than the %s of the learning rate's decay"
              .formatted(warmup, Words.count(decay, "step")));
    }
    return new LearningRate(highest, lowest, warmup, decay);
  }

  AdamW adamW() {
    return new AdamW(beta1, beta2, epsilon, weightDecay);
  }

  float clip() {
    return clip;
  }

  float dropout() {
    return dropout;
  }

  TrainedBiases biases() {
    return biases;
  }
}
