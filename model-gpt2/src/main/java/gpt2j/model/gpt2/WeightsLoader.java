package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.EmbeddingTable;
import gpt2j.api.LinearWeights;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.TensorLayout;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.inference.Weights;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.memory.Locked;
import gpt2j.model.gpt2.memory.Resources;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Hands a checkpoint's tensors to a backend, one after another, the largest first; the backend
 * reads them from the files part by part.
 */
final class WeightsLoader {
  private static final String POSITIONS = "wpe.weight";

  private final Checkpoint checkpoint;
  private final Backend backend;
  private final LoadOptions options;
  private final Resources resources;
  private final long totalBytes;
  private long loadedBytes;

  /** Everything loaded is added to {@code resources}, also when loading fails half-way. */
  WeightsLoader(Checkpoint checkpoint, Backend backend, LoadOptions options, Resources resources) {
    this.checkpoint = checkpoint;
    this.backend = backend;
    this.options = options;
    this.resources = resources;
    totalBytes = checkpoint.bytes();
  }

  Weights load() {
    Locked.run(
        backend,
        () -> backend.requireRoom("the model in " + options.precision(), bytesToAllocate()));
    EmbeddingTable wte = table("wte.weight"); // [V, C]
    EmbeddingTable head = checkpoint.hasTiedHead() ? wte : table("lm_head.weight"); // [V, C]
    EmbeddingTable wpe = table(POSITIONS); // [context, C]
    List<Weights.Block> blocks =
        IntStream.range(0, checkpoint.config().layers())
            .mapToObj(layer -> block("h." + layer + "."))
            .toList();
    Weights.LayerNorm lnF = layerNorm("ln_f");
    checkpoint.requireUnchanged();
    return new Weights(wte, wpe, blocks, lnF, head);
  }

  /** Without what a backend pads and packs. */
  private long bytesToAllocate() {
    Gpt2Config config = checkpoint.config().withTieWordEmbeddings(checkpoint.hasTiedHead());
    return TensorLayout.of(config).entrySet().stream()
        .mapToLong(
            tensor -> {
              Shape shape = tensor.getValue();
              boolean isVector = shape.rank() == 1; // in float32, whatever the precision
              WeightFormat format = isVector ? WeightFormat.F32 : formatOf(tensor.getKey());
              return format.bytes(1, shape.elements());
            })
        .sum();
  }

  /**
   * How a matrix is kept. Positions are never in groups: they are added, one row a token, so it
   * would save next to nothing, and GGUF doesn't either.
   */
  private WeightFormat formatOf(String matrix) {
    WeightFormat precision = options.precision();
    boolean isGrouped = precision.plain().isEmpty();
    return isGrouped && matrix.equals(POSITIONS) ? WeightFormat.F32 : precision;
  }

  private Weights.Block block(String prefix) {
    return new Weights.Block(
        layerNorm(prefix + "ln_1"),
        linear(prefix + "attn.c_attn"), // [C, 3C]
        linear(prefix + "attn.c_proj"), // [C, C]
        layerNorm(prefix + "ln_2"),
        linear(prefix + "mlp.c_fc"), // [C, n_inner]
        linear(prefix + "mlp.c_proj")); // [n_inner, C]
  }

  private EmbeddingTable table(String name) {
    HostTensor rows = checkpoint.tensor(name);
    EmbeddingTable table =
        Locked.getPiece(backend, () -> resources.add(backend.embeddingTable(rows, formatOf(name))));
    loaded(rows);
    return table;
  }

  private LinearWeights linear(String name) {
    HostTensor weight = checkpoint.tensor(name + ".weight");
    HostTensor bias = checkpoint.tensor(name + ".bias");
    LinearWeights linear =
        Locked.getPiece(
            backend, () -> resources.add(backend.linearWeights(weight, bias, options.precision())));
    loaded(weight);
    loaded(bias);
    return linear;
  }

  private Weights.LayerNorm layerNorm(String name) {
    return new Weights.LayerNorm(vector(name + ".weight"), vector(name + ".bias")); // [C] each
  }

  /** A vector in float32, whatever the precision of the matrices. */
  private Tensor vector(String name) {
    HostTensor host = checkpoint.tensor(name);
    float[] values = new float[Math.toIntExact(host.shape().elements())];
    host.copyTo(0, values, 0, values.length);
    Tensor vector =
        Locked.getPiece(
            backend,
            () -> {
              Tensor tensor =
                  resources.add(backend.allocate(DataType.F32, host.shape(), Usage.WEIGHTS));
              HostFloats.write(backend, tensor, values);
              return tensor;
            });
    loaded(host);
    return vector;
  }

  private void loaded(HostTensor tensor) {
    loadedBytes += tensor.bytes();
    options.progress().loaded(loadedBytes, totalBytes);
  }
}
