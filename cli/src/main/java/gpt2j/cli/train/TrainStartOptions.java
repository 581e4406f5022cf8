package gpt2j.cli.train;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.options.Arguments.Flag;
import gpt2j.cli.options.ModelReference;
import gpt2j.cli.options.ModelSource;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What training begins with, apart from a new model's size. */
final class TrainStartOptions {
  static final String MODEL = "--model";

  @Option(
      names = MODEL,
      paramLabel = ModelReference.LABEL,
      description =
          "Begin with the weights of this checkpoint, or of a model of the hub, for fine-tuning,"
              + " instead of a new model's.")
  private @Nullable ModelReference model;

  @Mixin private ModelSource source;

  @Option(
      names = "--untied-head",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      converter = Flag.class,
      description = "Give a new model an output head of its own. Default: its token embeddings.")
  private boolean untiedHead;

  TrainStartOptions(CommandContext context) {
    source = new ModelSource(context);
  }

  /** Where the checkpoint is; one of the hub is downloaded if need be. */
  Optional<Path> model() {
    return Optional.ofNullable(model).map(source::locate);
  }

  boolean hasModel() {
    return model != null;
  }

  boolean untiedHead() {
    return untiedHead;
  }
}
