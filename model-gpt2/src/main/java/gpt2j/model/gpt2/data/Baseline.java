package gpt2j.model.gpt2.data;

import gpt2j.model.gpt2.json.JsonRecords;

/**
 * What a model has to be better than: how well a {@link MarkovChain}, counted on the training text,
 * predicts the validation text.
 *
 * @param order of the chain
 * @param lossPerByte in nats, an end of a text counting as a byte
 */
public record Baseline(int order, double lossPerByte) {
  /** The order that is measured. */
  public static final int ORDER = 5;

  /** Of more training text it isn't measured by the way: that would take long, and much memory. */
  public static final long MOST_BYTES = 64 << 20;

  public Baseline {
    JsonRecords.check(
        order >= 0 && order <= MarkovChain.MOST_ORDER,
        "order must be a whole number from 0 to %d",
        MarkovChain.MOST_ORDER);
    JsonRecords.check(
        lossPerByte >= 0 && lossPerByte < Double.POSITIVE_INFINITY,
        "loss_per_byte must be a number, 0 or more");
  }
}
