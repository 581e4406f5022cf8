package gpt2j.cli.train;

import gpt2j.cli.io.UserError;
import gpt2j.model.gpt2.training.run.RunDirectory;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a training run reads and writes. */
final class TrainPlaceOptions {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "What to learn from: a directory that prepare wrote.")
  private @Nullable Path data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the run is written: a new directory, or an empty one.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with the run in this directory, from its last checkpoint.")
  private @Nullable Path resume;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "A JSON file with settings, such as a run's settings.json; options win over it.")
  private @Nullable Path config;

  Path data() {
    if (data == null) {
      throw UserError.usage("no data: give --data DIR, a directory that prepare wrote");
    }
    return data;
  }

  Optional<Path> config() {
    return Optional.ofNullable(config);
  }

  boolean resumes() {
    return resume != null;
  }

  /** The directory of the run. */
  RunDirectory directory() {
    if (resume != null) {
      if (out != null || config != null) {
        throw UserError.usage(
            "%s and --resume exclude each other: a resumed run keeps its %s"
                .formatted(
                    out == null ? "--config" : "--out", out == null ? "settings" : "directory"));
      }
      return RunDirectory.resume(resume);
    }
    if (out == null) {
      throw UserError.usage("no place for the run: give --out DIR, or --resume DIR to go on");
    }
    return RunDirectory.create(out);
  }
}
