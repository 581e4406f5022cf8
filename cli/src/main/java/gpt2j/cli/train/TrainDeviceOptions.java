package gpt2j.cli.train;

import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.ModelOptions;
import gpt2j.cli.options.Quantity;
import gpt2j.model.gpt2.training.Recompute;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What computes. */
final class TrainDeviceOptions {
  @Option(
      names = "--backend",
      paramLabel = "NAME",
      converter = Choice.OfBackend.class,
      completionCandidates = Choice.OfBackend.class,
      description = "What computes: ${COMPLETION-CANDIDATES}. Default: cpu.")
  private @Nullable BackendProvider backend;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Quantity.Threads.class,
      description = "Threads that compute. Default: the physical cores.")
  private @Nullable Integer threads;

  @Option(
      names = ModelOptions.CUDA_GEMM,
      paramLabel = "GEMM",
      converter = Choice.OfGemm.class,
      completionCandidates = Choice.OfGemm.class,
      description =
          "What multiplies many rows on a GPU, with --backend=cuda: ${COMPLETION-CANDIDATES}."
              + " Default: auto, the faster one.")
  private @Nullable String cudaGemm;

  @Option(
      names = "--recompute",
      paramLabel = "WHAT",
      converter = Choice.OfRecompute.class,
      completionCandidates = Choice.OfRecompute.class,
      description =
          "What to compute twice to save memory: ${COMPLETION-CANDIDATES}. Default: none.")
  private Recompute recompute = Recompute.NONE;

  BackendProvider backend(CommandContext context) {
    return ModelOptions.backend(context, backend);
  }

  BackendOptions backendOptions(BackendProvider provider) {
    return ModelOptions.backendOptions(provider, threads, cudaGemm);
  }

  Recompute recompute() {
    return recompute;
  }

  /** Adds the settings that a later run can be given. */
  void addTo(Map<String, Object> settings, BackendProvider provider) {
    settings.put("backend", provider.name());
    if (threads != null) {
      settings.put("threads", threads);
    }
    if (cudaGemm != null) {
      settings.put("cuda_gemm", cudaGemm);
    }
    settings.put("recompute", Choice.lowerCase(recompute));
  }
}
