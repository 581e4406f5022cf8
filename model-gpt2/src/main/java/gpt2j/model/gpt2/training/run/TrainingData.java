package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.data.Batches;
import gpt2j.model.gpt2.data.TokenSequence;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What a run learns from.
 *
 * @param training tokens to train on
 * @param validation tokens to evaluate on
 * @param tokenizer of the tokens
 * @param tokenizerFiles its files by name, which go into each checkpoint
 */
public record TrainingData(
    TokenSequence training,
    TokenSequence validation,
    Tokenizer tokenizer,
    Map<String, byte[]> tokenizerFiles) {
  /** How many tokens from either end are looked at to tell one text from another. */
  private static final int SAMPLE = 1 << 20;

  public TrainingData {
    tokenizerFiles = Map.copyOf(tokenizerFiles);
  }

  /**
   * Checks that there is enough of it.
   *
   * @throws gpt2j.model.gpt2.data.DataException when there isn't
   */
  public void check(Hyperparameters hyperparameters) {
    batches(hyperparameters);
    validationBatches(hyperparameters, 1);
  }

  Batches batches(Hyperparameters hyperparameters) {
    Hyperparameters.BatchShape shape = hyperparameters.batches();
    return shape.stride() == 0
        ? Batches.random(
            training, shape.batchSize(), shape.sequenceLength(), hyperparameters.seed())
        : Batches.windows(
            training,
            shape.batchSize(),
            shape.sequenceLength(),
            shape.stride(),
            hyperparameters.seed());
  }

  /**
   * All of the validation data in order, or, where that is too much, random places.
   *
   * @param most batches
   */
  Batches validationBatches(Hyperparameters hyperparameters, int most) {
    Hyperparameters.BatchShape shape = hyperparameters.batches();
    Batches all = Batches.inOrder(validation, shape.batchSize(), shape.sequenceLength());
    return all.perPass() <= most || validation.size() <= shape.sequenceLength()
        ? all
        : Batches.random(
            validation, shape.batchSize(), shape.sequenceLength(), hyperparameters.seed());
  }

  /** What tells it apart from other data: how long it is, and a checksum of either end. */
  String identity() {
    return "%d and %d tokens, %08x".formatted(training.size(), validation.size(), checksum());
  }

  private int checksum() {
    CRC32C checksum = new CRC32C();
    for (TokenSequence tokens : new TokenSequence[] {training, validation}) {
      int count = (int) Math.min(tokens.size(), SAMPLE);
      update(checksum, tokens, 0, count);
      update(checksum, tokens, tokens.size() - count, count);
    }
    return (int) checksum.getValue();
  }

  private static void update(CRC32C checksum, TokenSequence tokens, long start, int count) {
    int[] values = new int[count];
    tokens.read(start, values, 0, count);
    ByteBuffer bytes = ByteBuffer.allocate(count * Integer.BYTES);
    bytes.asIntBuffer().put(values);
    checksum.update(bytes);
  }
}
