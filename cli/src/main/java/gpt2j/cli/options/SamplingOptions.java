package gpt2j.cli.options;

import gpt2j.api.SamplingParameters;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How tokens are drawn. */
public final class SamplingOptions {
  @Option(
      names = "--temperature",
      paramLabel = "T",
      converter = Quantity.NotNegative.class,
      description =
          "Above 1 for more surprise, below for less, 0 for the most probable token"
              + " each time. Default: 0.8.")
  private float temperature = 0.8f;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      converter = Quantity.CountOrZero.class,
      description = "Draw from the K most probable tokens, 0 for all. Default: 40.")
  private int topK = 40;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      converter = Quantity.TopP.class,
      description =
          "Draw from the most probable tokens that together have probability P. Default: 1, all.")
  private float topP = 1;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      converter = Quantity.Fraction.class,
      description =
          "Draw from tokens at least P times as probable as the most probable. Default: 0, all.")
  private float minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      converter = Quantity.Positive.class,
      description =
          "Make tokens that occurred before less probable, above 1, or more, below. Default: 1.")
  private float repetitionPenalty = 1;

  @Option(
      names = "--presence-penalty",
      paramLabel = "X",
      converter = Quantity.Signed.class,
      description =
          "Make tokens that were drawn before less probable, below 0 more: X is taken from their"
              + " logits. Default: 0.")
  private float presencePenalty;

  @Option(
      names = "--frequency-penalty",
      paramLabel = "X",
      converter = Quantity.Signed.class,
      description = "Take X from a token's logit for each time that it was drawn. Default: 0.")
  private float frequencyPenalty;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed draws the same tokens. Default: a new one each time.")
  private @Nullable Long seed;

  /** The parameters, with a new seed unless one was given. */
  public SamplingParameters parameters() {
    long chosen = seed == null ? new SplittableRandom().nextInt(Integer.MAX_VALUE) : seed;
    return new SamplingParameters(temperature, topK, topP, minP, repetitionPenalty, chosen)
        .withPresencePenalty(presencePenalty)
        .withFrequencyPenalty(frequencyPenalty);
  }

  /** What to give as seed to have the same again; nothing when nothing is left to chance. */
  public static OptionalLong seed(SamplingParameters parameters) {
    return parameters.temperature() == 0
        ? OptionalLong.empty()
        : OptionalLong.of(parameters.seed());
  }
}
