package gpt2j.model.gpt2.training;

import gpt2j.api.training.AdamW;

/**
 * How a model is trained, as far as it stays the same throughout.
 *
 * @param batchSize B, the sequences of a micro-batch
 * @param sequenceLength T, the tokens of each, at most the model's context
 * @param dropout the probability that an element is dropped, after the embedding, of attention's
 *     probabilities, and at the end of each residual branch; 0 for none
 * @param seed of a new model's parameters and of dropout
 * @param adamW the optimiser; its weight decay is for matrices and embeddings only, biases and
 *     gains don't decay
 * @param maximumNorm what all gradients together are scaled down to when their norm is above it;
 *     infinity for never
 * @param biases which biases are trained
 * @param recompute what is computed twice to save memory
 */
public record TrainingOptions(
    int batchSize,
    int sequenceLength,
    float dropout,
    long seed,
    AdamW adamW,
    float maximumNorm,
    TrainedBiases biases,
    Recompute recompute) {
  public TrainingOptions {
    if (batchSize < 1 || sequenceLength < 1) {
      throw new IllegalArgumentException(
          "batch size and sequence length must be 1 or more, not %d and %d"
              .formatted(batchSize, sequenceLength));
    }
    if ((long) batchSize * sequenceLength > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a batch of %d sequences of %d tokens is too large; use gradient accumulation"
              .formatted(batchSize, sequenceLength));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("dropout must be at least 0 and below 1, not " + dropout);
    }
    if (!(maximumNorm > 0)) {
      throw new IllegalArgumentException(
          "the gradients' largest norm must be above 0, not " + maximumNorm);
    }
  }

  /**
   * nanoGPT's settings for GPT-2: betas 0.9 and 0.95, weight decay 0.1, clipping at 1; no dropout,
   * all biases trained.
   */
  public static TrainingOptions of(int batchSize, int sequenceLength) {
    return new TrainingOptions(
        batchSize,
        sequenceLength,
        0,
        1337,
        new AdamW(0.9f, 0.95f, 1e-8f, 0.1f),
        1,
        TrainedBiases.ALL,
        Recompute.NONE);
  }

  public TrainingOptions withDropout(float dropout) {
    return new TrainingOptions(
        batchSize, sequenceLength, dropout, seed, adamW, maximumNorm, biases, recompute);
  }

  public TrainingOptions withSeed(long seed) {
    return new TrainingOptions(
        batchSize, sequenceLength, dropout, seed, adamW, maximumNorm, biases, recompute);
  }

  public TrainingOptions withAdamW(AdamW adamW) {
    return new TrainingOptions(
        batchSize, sequenceLength, dropout, seed, adamW, maximumNorm, biases, recompute);
  }

  public TrainingOptions withMaximumNorm(float maximumNorm) {
    return new TrainingOptions(
        batchSize, sequenceLength, dropout, seed, adamW, maximumNorm, biases, recompute);
  }

  public TrainingOptions withBiases(TrainedBiases biases) {
    return new TrainingOptions(
        batchSize, sequenceLength, dropout, seed, adamW, maximumNorm, biases, recompute);
  }

  public TrainingOptions withRecompute(Recompute recompute) {
    return new TrainingOptions(
        batchSize, sequenceLength, dropout, seed, adamW, maximumNorm, biases, recompute);
  }

  /** Tokens of a micro-batch. */
  public int rows() {
    return batchSize * sequenceLength;
  }
}
