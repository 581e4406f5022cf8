package gpt2j.cli.data;

import gpt2j.model.gpt2.data.Baseline;
import gpt2j.model.gpt2.data.DataSet;
import java.util.Locale;
import java.util.Optional;

/**
 * Losses per byte, which those of a Markov chain are known of too.
 *
 * @param bytesPerToken of the validation text
 */
public record PerByte(double bytesPerToken, Baseline baseline) {
  /** Of data that a chain was counted on. */
  public static Optional<PerByte> of(DataSet data) {
    return data.baseline().map(baseline -> new PerByte(data.bytesPerToken(), baseline));
  }

  /** A chain and its loss. */
  public static String words(Baseline baseline) {
    return String.format(
        Locale.ROOT, "Markov chain of order %d: %.4f", baseline.order(), baseline.lossPerByte());
  }

  /** The loss per byte. */
  public double of(double lossPerToken) {
    return lossPerToken / bytesPerToken;
  }

  /** The loss per byte beside that of the chain, to follow the loss per token. */
  public String beside(double lossPerToken) {
    return String.format(Locale.ROOT, ", %.4f nats/byte (%s)", of(lossPerToken), words(baseline));
  }
}
