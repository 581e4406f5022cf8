package gpt2j.model.gpt2.training.run;

import gpt2j.api.training.AdamW;
import gpt2j.model.gpt2.json.JsonRecords;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.training.Recompute;
import gpt2j.model.gpt2.training.TrainedBiases;
import gpt2j.model.gpt2.training.TrainingOptions;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What decides the losses of a run, apart from the model it begins with and the data. A run that is
 * resumed keeps its hyperparameters.
 *
 * @param batches how the data is cut
 * @param learningRate by update
 * @param adamW the optimiser; weight decay applies to matrices and embeddings alone
 * @param clip the largest norm of the gradient, which a larger one is scaled down to; 0 for no
 *     limit
 * @param dropout probability with which an activation is dropped, from 0, below 1
 * @param biases which are trained
 * @param seed of batches, dropout and new weights
 */
public record Hyperparameters(
    BatchShape batches,
    LearningRate learningRate,
    AdamW adamW,
    float clip,
    float dropout,
    TrainedBiases biases,
    long seed) {
  public Hyperparameters {
    JsonRecords.check(
        clip >= 0 && Float.isFinite(clip), "clip must be a number, 0 or more, not %s", clip);
    JsonRecords.check(
        dropout >= 0 && dropout < 1, "dropout must be from 0, below 1, not %s", dropout);
  }

  /**
   * How the data is cut into batches.
   *
   * @param batchSize sequences that are computed at once
   * @param sequenceLength tokens of a sequence
   * @param accumulation batches whose gradients one update takes together
   * @param stride tokens between the beginnings of two sequences, which follow each other in the
   *     data; 0 for sequences from anywhere
   */
  public record BatchShape(int batchSize, int sequenceLength, int accumulation, int stride) {
    public BatchShape {
      JsonRecords.check(batchSize >= 1, "batch_size must be 1 or more, not %d", batchSize);
      JsonRecords.check(
          sequenceLength >= 1, "sequence_length must be 1 or more, not %d", sequenceLength);
      JsonRecords.check(accumulation >= 1, "accumulation must be 1 or more, not %d", accumulation);
      JsonRecords.check(stride >= 0, "stride must be 0 or more, not %d", stride);
    }

    /** Tokens of one update. */
    public long tokens() {
      return (long) batchSize * sequenceLength * accumulation;
    }
  }

  /** What the model has to know of it. */
  TrainingOptions options(Recompute recompute) {
    return new TrainingOptions(
        batches.batchSize(),
        batches.sequenceLength(),
        dropout,
        seed,
        adamW,
        clip == 0 ? Float.POSITIVE_INFINITY : clip,
        biases,
        recompute);
  }

  /** Every number and choice of it by its name in a settings file. */
  public Map<String, JsonValue> values() {
    Map<String, JsonValue> values = new LinkedHashMap<>();
    ((JsonObject) JsonValue.of(this))
        .members()
        .forEach(
            (name, value) -> {
              if (value instanceof JsonObject(Map<String, JsonValue> members)) {
                values.putAll(members);
              } else {
                values.put(name, value);
              }
            });
    return values;
  }
}
