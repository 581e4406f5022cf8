package gpt2j.api;

import java.util.Map;

/**
 * How the next token is drawn from logits {@code l}. The steps, in this order:
 *
 * <ol>
 *   <li>Tokens that the {@link SamplingState#allow state} doesn't allow are out: −∞.
 *   <li>Logit bias: {@code l + b} for the tokens that have one.
 *   <li>Repetition penalty θ (Keskar et al. 2019, §4.1): for tokens seen before, those of the
 *       prompt too, {@code l/θ} where l is positive, {@code l·θ} where it is negative.
 *   <li>Presence and frequency penalty: {@code l − presence − frequency·c} for tokens that were
 *       drawn before, c times.
 *   <li>Temperature T (Ackley et al. 1985): {@code l/T}. With T = 0 the largest logit wins, the
 *       lowest token among equals, and the steps below are left out.
 *   <li>Top-k (Fan et al. 2018): the k largest stay; among equals the lower token first.
 *   <li>Top-p (Holtzman et al. 2020): of the probabilities of what is left, largest first, among
 *       equals the lower token first, as few stay as are needed for a sum of p or more; at least
 *       one.
 *   <li>Min-p (Nguyen et al. 2024): those stay whose probability is at least min-p times the
 *       largest.
 *   <li>The draw: the largest {@code l/T + g} wins, where {@code g = −ln(−ln u)} is Gumbel noise,
 *       which is the same as drawing by probability (Maddison et al. 2014, §2). {@code u = (r +
 *       0.5)·2⁻³²}, and r of token v in draw d of stream s is word {@code v mod 4} of {@link
 *       Philox} with the seed as its key and the counter {@code (v / 4, d, s)}.
 * </ol>
 *
 * What would overflow float32 in the first four may become its largest number.
 *
 * <p>Noise per token, instead of one number that is looked up in a running sum, makes the draw
 * depend only on the logits of the tokens that nearly win. So backends that round differently draw
 * the same token, save for ties within rounding.
 *
 * <p>Where a logit is NaN or +∞, or none is above −∞, there is no next token: {@link
 * SamplingState#NO_TOKEN}.
 *
 * @param temperature 0 or more
 * @param topK 1 or more; 0 for all tokens
 * @param topP above 0, at most 1; 1 for all tokens
 * @param minP at least 0, below 1; 0 for all tokens
 * @param repetitionPenalty above 0; 1 for none
 * @param presencePenalty finite; 0 for none
 * @param frequencyPenalty finite; 0 for none
 * @param logitBias finite, by token; none for those that are left out
 * @param seed key of the random numbers
 */
public record SamplingParameters(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    float presencePenalty,
    float frequencyPenalty,
    Map<Integer, Float> logitBias,
    long seed) {
  public SamplingParameters {
    logitBias = Map.copyOf(logitBias);
    require(
        temperature >= 0 && Float.isFinite(temperature), "temperature", "0 or more", temperature);
    require(topK >= 0, "top-k", "0 (all tokens) or more", topK);
    require(topP > 0 && topP <= 1, "top-p", "above 0 and at most 1", topP);
    require(minP >= 0 && minP < 1, "min-p", "at least 0 and below 1", minP);
    require(
        repetitionPenalty > 0 && Float.isFinite(repetitionPenalty),
        "repetition penalty",
        "above 0",
        repetitionPenalty);
    require(
        Float.isFinite(presencePenalty), "presence penalty", "a finite number", presencePenalty);
    require(
        Float.isFinite(frequencyPenalty), "frequency penalty", "a finite number", frequencyPenalty);
    logitBias.forEach(
        (token, bias) -> {
          require(token >= 0, "a token with a logit bias", "0 or more", token);
          require(
              Float.isFinite(bias), "the logit bias of token " + token, "a finite number", bias);
        });
  }

  /** Without presence and frequency penalty and logit bias. */
  public SamplingParameters(
      float temperature, int topK, float topP, float minP, float repetitionPenalty, long seed) {
    this(temperature, topK, topP, minP, repetitionPenalty, 0, 0, Map.of(), seed);
  }

  /** The most probable token each time. */
  public static SamplingParameters greedy() {
    return new SamplingParameters(0, 0, 1, 0, 1, 0);
  }

  /** Drawn from the model's own probabilities. */
  public static SamplingParameters random(long seed) {
    return new SamplingParameters(1, 0, 1, 0, 1, seed);
  }

  /** Whether one of the filters, top-k, top-p or min-p, may leave out one of so many tokens. */
  public boolean filters(int vocabulary) {
    return temperature > 0 && ((topK > 0 && topK < vocabulary) || topP < 1 || minP > 0);
  }

  public SamplingParameters withTemperature(float temperature) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  public SamplingParameters withTopK(int topK) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  public SamplingParameters withTopP(float topP) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  public SamplingParameters withMinP(float minP) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  public SamplingParameters withRepetitionPenalty(float repetitionPenalty) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  public SamplingParameters withPresencePenalty(float presencePenalty) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  public SamplingParameters withFrequencyPenalty(float frequencyPenalty) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  public SamplingParameters withLogitBias(Map<Integer, Float> logitBias) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  public SamplingParameters withSeed(long seed) {
    return new SamplingParameters(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        seed);
  }

  private static void require(boolean fine, String name, String range, Number value) {
    if (!fine) {
      throw new IllegalArgumentException(name + " must be " + range + ", not " + value);
    }
  }
}
