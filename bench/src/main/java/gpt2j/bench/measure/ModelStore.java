package gpt2j.bench.measure;

import gpt2j.api.tensor.DataType;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.result.setup.Model;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2Size;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Finds the checkpoint of a model. One of a standard size is made once, with random weights as
 * {@code init} makes them, and kept: how long a token takes doesn't depend on what the weights are.
 */
public final class ModelStore {
  private final BenchContext context;

  /** A store in the context's folder. */
  public ModelStore(BenchContext context) {
    this.context = context;
  }

  /**
   * The directory of a model's checkpoint.
   *
   * @param model label of a {@link Gpt2Size}, or a directory
   */
  public Path directory(String model) {
    Optional<Gpt2Size> size = Gpt2Size.of(model);
    if (size.isEmpty()) {
      return Path.of(model);
    }
    Path directory = context.models().resolve(model + "-random");
    if (!Files.isDirectory(directory)) {
      String task = "writing random " + model;
      RandomCheckpoint.write(
          directory,
          size.get().config(),
          0,
          DataType.F32,
          fraction -> {
            context.check();
            context.listener().progressed(task, Math.round(fraction * 1000), 1000);
          });
    }
    return directory;
  }

  /** What results say of a model. */
  static Model describe(String model, Gpt2Config config) {
    return new Model(
        Model.name(model),
        Gpt2Size.of(model).isPresent(),
        config.parameters(),
        config.layers(),
        config.heads(),
        config.embeddingWidth(),
        config.contextLength(),
        config.vocabularySize());
  }
}
