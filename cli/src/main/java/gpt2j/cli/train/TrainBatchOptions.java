package gpt2j.cli.train;

import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Quantity;
import gpt2j.model.gpt2.training.run.Hyperparameters;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How data is cut into batches. */
final class TrainBatchOptions {
  static final String SEQUENCE_LENGTH = "--sequence-length";

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Sequences that are computed at once. Default: 12.")
  private int batchSize = 12;

  @Option(
      names = SEQUENCE_LENGTH,
      paramLabel = "N",
      description = "Tokens of a sequence. Default: the model's context.")
  private @Nullable Integer sequenceLength;

  @Option(
      names = "--accumulation",
      paramLabel = "N",
      description =
          "Batches whose gradients one update takes together, for a larger batch in the same"
              + " memory. Default: 1.")
  private int accumulation = 1;

  @Option(
      names = "--stride",
      paramLabel = "N",
      converter = Quantity.CountOrZero.class,
      description =
          "Take the data in windows, each N tokens after the one before, all of them once in each"
              + " pass. Default: 0, sequences from random places.")
  private int stride;

  /**
   * The options' values.
   *
   * @param context the model's
   */
  Hyperparameters.BatchShape shape(int context) {
    int length = sequenceLength == null ? context : sequenceLength;
    if (length > context) {
      throw UserError.usage(
          "%s: %d is more than the model's context of %d"
              .formatted(SEQUENCE_LENGTH, length, context));
    }
    if ((long) batchSize * length > Integer.MAX_VALUE) {
      throw UserError.usage(
          "--batch-size: %d sequences of %d tokens are too many at once; give --accumulation"
              .formatted(batchSize, length));
    }
    return new Hyperparameters.BatchShape(batchSize, length, accumulation, stride);
  }
}
