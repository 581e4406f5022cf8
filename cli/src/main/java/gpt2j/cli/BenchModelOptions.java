package gpt2j.cli;

import gpt2j.api.BackendSpec;
import gpt2j.api.Precision;
import gpt2j.model.gpt2.Gpt2Size;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which models, and what computes. */
final class BenchModelOptions {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      converter = PathName.class,
      description = "The directory of a checkpoint, instead of --size.")
  private @Nullable Path model;

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
  private @Nullable Several<Precision> precisions;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Numbers.Threads.class,
      description = "Threads that compute. Default: the physical cores.")
  private @Nullable Integer threads;

  /** Standard sizes, or directories. */
  List<String> models() {
    if (model != null && sizes != null) {
      throw UserError.usage("--model and --size exclude each other: give one of them");
    }
    if (model != null) {
      String name = model.toString();
      return List.of(Gpt2Size.of(name).isPresent() ? "./" + name : name);
    }
    return sizes == null
        ? List.of(Gpt2Size.GPT2.label())
        : sizes.values().stream().map(Gpt2Size::label).toList();
  }

  List<String> backends() {
    return backends == null
        ? List.of(ModelOptions.DEFAULT_BACKEND)
        : backends.values().stream().map(BackendSpec::toString).toList();
  }

  List<Precision> precisions() {
    return precisions(List.of(Precision.F32));
  }

  List<Precision> precisions(List<Precision> otherwise) {
    return precisions == null ? otherwise : precisions.values();
  }

  OptionalInt threads() {
    return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
  }
}
