package gpt2j.cli.options;

import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.setup.Model;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.UserError;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and what computes. */
public final class ModelOptions {
  public static final String BACKEND = "--backend";
  public static final String DEFAULT_BACKEND = "cpu";
  public static final String CUDA_GEMM = "--cuda-gemm";
  public static final String CACHE_PRECISION = "--cache-precision";
  public static final String BATCH_INVARIANT = "--batch-invariant";

  @Option(
      names = "--model",
      paramLabel = ModelReference.LABEL,
      description =
          "A checkpoint: a folder in the layout of Hugging Face; a file of safetensors, GGUF,"
              + " PyTorch (nanoGPT), llm.c or TensorFlow; or the name of a model of the hub, as in"
              + " openai-community/gpt2@main, which is downloaded if need be. Default: a small"
              + " model that comes with gpt2j and tells stories.")
  private @Nullable ModelReference model;

  @Mixin private ModelSource source;

  private @Nullable Path place;

  @Option(
      names = BACKEND,
      paramLabel = "NAME",
      converter = Choice.OfBackend.class,
      completionCandidates = Choice.OfBackend.class,
      description = "What computes: ${COMPLETION-CANDIDATES}. Default: " + DEFAULT_BACKEND + ".")
  private @Nullable BackendProvider backend;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      converter = Choice.OfPrecision.class,
      completionCandidates = Choice.OfPrecision.class,
      description =
          "How weights are kept in memory: ${COMPLETION-CANDIDATES}, as far as the backend has it."
              + " Default: f32.")
  private WeightFormat precision = WeightFormat.F32;

  @Option(
      names = CACHE_PRECISION,
      paramLabel = "TYPE",
      converter = Choice.OfCachePrecision.class,
      completionCandidates = Choice.OfCachePrecision.class,
      description =
          "How the KV cache is kept in memory: ${COMPLETION-CANDIDATES}, as far as the backend has"
              + " it. Default: f32.")
  private WeightFormat cachePrecision = WeightFormat.F32;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Quantity.Threads.class,
      description = "Threads that compute. Default: the physical cores.")
  private @Nullable Integer threads;

  @Option(
      names = CUDA_GEMM,
      paramLabel = "GEMM",
      converter = Choice.OfGemm.class,
      completionCandidates = Choice.OfGemm.class,
      description =
          "What multiplies many rows on a GPU, with --backend=cuda: ${COMPLETION-CANDIDATES}."
              + " Default: auto, the faster one.")
  private @Nullable String cudaGemm;

  @Option(
      names = BATCH_INVARIANT,
      description =
          "A token's logits are the same, bit for bit, whatever else is computed with it: other"
              + " samples, a prompt in one piece or in several, with the cache or without. Slower.")
  private boolean batchInvariant;

  public ModelOptions(CommandContext context) {
    source = new ModelSource(context);
  }

  /** How pictures and results speak of the checkpoint. */
  public String modelName() {
    return place == null ? "the bundled model" : Model.name(place.toString());
  }

  /** Finds the checkpoint; one of the hub is downloaded if need be. */
  void locate() {
    if (model != null && place == null) {
      place = source.locate(model);
    }
  }

  /** Opens the checkpoint, which was located. */
  Checkpoint openCheckpoint() {
    return place == null ? Checkpoint.bundled() : Checkpoint.open(place);
  }

  /**
   * Loads the tokenizer of the checkpoint, which was located.
   *
   * @param checkpoint waits for the checkpoint to be open
   */
  Tokenizer loadTokenizer(Supplier<Checkpoint> checkpoint) {
    return place == null ? Tokenizer.bundled() : ModelLoader.loadTokenizer(place, checkpoint);
  }

  public BackendProvider backend(CommandContext context) {
    return backend(context, backend);
  }

  /** The backend that was chosen, or the default. */
  public static BackendProvider backend(CommandContext context, @Nullable BackendProvider chosen) {
    return chosen == null
        ? Objects.requireNonNull(context.backends().get(DEFAULT_BACKEND))
        : chosen;
  }

  WeightFormat precision() {
    return precision;
  }

  WeightFormat cachePrecision() {
    return cachePrecision;
  }

  /** How to open the backend that was chosen. */
  public BackendOptions backendOptions(BackendProvider provider) {
    return backendOptions(provider, threads, cudaGemm).withBatchInvariant(batchInvariant);
  }

  /** How to open a backend by the values of options, null for those not given. */
  public static BackendOptions backendOptions(
      BackendProvider provider, @Nullable Integer threads, @Nullable String cudaGemm) {
    BackendOptions options = BackendOptions.defaults();
    if (threads != null) {
      options = options.withThreads(threads);
    }
    if (cudaGemm != null) {
      if (!provider.settings().containsKey(Choice.OfGemm.SETTING)) {
        throw UserError.usage(CUDA_GEMM + ": only for --backend=cuda, not for " + provider.name());
      }
      options = options.withSetting(Choice.OfGemm.SETTING, cudaGemm);
    }
    return options;
  }
}
