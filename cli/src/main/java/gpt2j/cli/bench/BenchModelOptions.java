package gpt2j.cli.bench;

import gpt2j.api.BackendSpec;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.GridSettings;
import gpt2j.bench.result.setup.Model;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ModelOptions;
import gpt2j.cli.options.ModelReference;
import gpt2j.cli.options.ModelSource;
import gpt2j.cli.options.Quantity;
import gpt2j.cli.options.Several;
import gpt2j.model.gpt2.config.Gpt2Size;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which models, and what computes. */
final class BenchModelOptions {
  @Option(
      names = "--model",
      paramLabel = ModelReference.LABEL,
      description = "A checkpoint, or a model of the hub, instead of --size.")
  private @Nullable ModelReference model;

  @Mixin private ModelSource source;

  private @Nullable String place;

  @Option(
      names = "--size",
      paramLabel = "NAMES",
      converter = Several.OfSizes.class,
      completionCandidates = Several.OfSizes.class,
      description = "Standard sizes with random weights: ${COMPLETION-CANDIDATES}. Default: gpt2.")
  private @Nullable Several<Gpt2Size> sizes;

  @Option(
      names = "--backend",
      paramLabel = "NAMES",
      converter = Several.OfBackends.class,
      completionCandidates = Several.OfBackends.class,
      description = "What computes: ${COMPLETION-CANDIDATES}. Default: cpu.")
  private @Nullable Several<BackendSpec> backends;

  @Option(
      names = "--precision",
      paramLabel = "TYPES",
      converter = Several.OfPrecisions.class,
      completionCandidates = Several.OfPrecisions.class,
      description = "How weights are kept: ${COMPLETION-CANDIDATES}.")
  private @Nullable Several<WeightFormat> precisions;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Quantity.Threads.class,
      description = "Threads that compute. Default: the physical cores.")
  private @Nullable Integer threads;

  @Option(
      names = ModelOptions.BATCH_INVARIANT,
      description =
          "Have every backend compute each row as if it were alone: --backend with"
              + " /batch-invariant=true for all.")
  private boolean batchInvariant;

  BenchModelOptions(CommandContext context) {
    source = new ModelSource(context);
  }

  /** Where the checkpoint is; one of the hub is downloaded if need be. */
  private String place(ModelReference given) {
    if (place == null) {
      place = source.locate(given).toString();
    }
    return place;
  }

  /** Standard sizes, or directories. */
  List<String> models() {
    if (model != null && sizes != null) {
      throw UserError.usage("--model and --size exclude each other: give one of them");
    }
    if (model != null) {
      String name = place(model);
      return List.of(Gpt2Size.of(name).isPresent() ? "./" + name : name);
    }
    return sizes == null
        ? List.of(Gpt2Size.GPT2.label())
        : sizes.values().stream().map(Gpt2Size::label).toList();
  }

  /** What must be given too so that a run goes on; empty for standard sizes. */
  String modelOption() {
    return model == null ? "" : " --model " + model;
  }

  /**
   * Where a checkpoint is that a result was measured on: results name a checkpoint and don't say
   * where on this machine it is.
   *
   * @param result the result's file, or its directory
   * @param name a standard size, or the name of a checkpoint
   */
  String locate(Path result, String name) {
    if (model != null) {
      if (!Model.reference(place(model)).equals(Model.reference(name))) {
        throw UserError.usage(
            "--model: %s was measured on %s, not on %s"
                .formatted(result, Model.name(name), Model.name(place(model))));
      }
      return models().getFirst();
    }
    if (Gpt2Size.of(name).isEmpty() && !Files.isDirectory(Path.of(name))) {
      throw UserError.usage(
          "%s: was measured on the checkpoint %s; say with --model where it is"
              .formatted(result, Model.name(name)));
    }
    return name;
  }

  /** The same settings, with checkpoints where they are. */
  GridSettings locate(Path result, GridSettings settings) {
    return settings.withModels(
        settings.models().stream().map(name -> locate(result, name)).toList());
  }

  List<String> backends() {
    List<BackendSpec> specs =
        backends == null
            ? List.of(BackendSpec.parse(ModelOptions.DEFAULT_BACKEND))
            : backends.values();
    return specs.stream()
        .map(spec -> batchInvariant ? spec.batchInvariant() : spec)
        .map(BackendSpec::toString)
        .toList();
  }

  List<WeightFormat> precisions() {
    return precisions(List.of(WeightFormat.F32));
  }

  List<WeightFormat> precisions(List<WeightFormat> otherwise) {
    return precisions == null ? otherwise : precisions.values();
  }

  OptionalInt threads() {
    return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
  }
}
