package gpt2j.cli.train;

import gpt2j.cli.options.Arguments.Flag;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What training begins with, apart from a new model's size. */
final class TrainStartOptions {
  static final String MODEL = "--model";

  @Option(
      names = MODEL,
      paramLabel = "PATH",
      description =
          "Begin with the weights of this checkpoint, for fine-tuning, instead of a new model's.")
  private @Nullable Path model;

  @Option(
      names = "--untied-head",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      converter = Flag.class,
      description = "Give a new model an output head of its own. Default: its token embeddings.")
  private boolean untiedHead;

  Optional<Path> model() {
    return Optional.ofNullable(model);
  }

  boolean untiedHead() {
    return untiedHead;
  }
}
