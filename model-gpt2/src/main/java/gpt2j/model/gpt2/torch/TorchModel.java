package gpt2j.model.gpt2.torch;

import gpt2j.api.tensor.GeluForm;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import gpt2j.model.gpt2.config.Gpt2Size;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.torch.Pickled.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model in a file of PyTorch without a configuration beside it: a checkpoint of nanoGPT, which
 * says all but its GELU, or parameters alone, of which the number of heads can't be seen.
 */
public final class TorchModel implements ModelFile {
  private static final String HEAD = "lm_head.weight";
  private static final Pattern LAYER = Pattern.compile("(?:transformer\\.)?h\\.(\\d{1,6})\\..*");

  private final TorchWeights weights;
  private final StateDict parameters;
  private final Gpt2Config config;
  private String note = "";

  /**
   * A model.
   *
   * @param weights closed with it, and when this throws
   * @throws FormatException when it can't be told what model it is
   */
  public TorchModel(TorchWeights weights) {
    this.weights = weights;
    parameters = weights.parameters();
    try {
      config = weights.hasSettings() ? fromSettings() : fromShapes();
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /** By nanoGPT's {@code model_args}; its GELU is the exact one. */
  private Gpt2Config fromSettings() {
    return build(
        Gpt2Config.builder()
            .layers(size("n_layer"))
            .heads(size("n_head"))
            .embeddingWidth(size("n_embd"))
            .contextLength(size("block_size"))
            .vocabularySize(size("vocab_size"))
            .activation(GeluForm.ERF));
  }

  private int size(String name) {
    if (parameters.settings().get(name) instanceof Pickled.Whole(long value)
        && value > 0
        && value <= Integer.MAX_VALUE) {
      return (int) value;
    }
    throw new FormatException("model_args: %s must be a positive integer".formatted(name));
  }

  private Gpt2Config fromShapes() {
    Tensor wte = parameters.tensor("wte.weight");
    Tensor wpe = parameters.tensor("wpe.weight");
    int width = size(wte, wte.sizes().size() - 1);
    int heads =
        Arrays.stream(Gpt2Size.values())
            .map(Gpt2Size::config)
            .filter(known -> known.embeddingWidth() == width)
            .mapToInt(Gpt2Config::heads)
            .findFirst()
            .orElseThrow(
                () ->
                    new FormatException(
                        "holds weights only, and a width of %d doesn't tell how many heads there are; put a config.json with n_head beside it"
                            .formatted(width)));
    // minGPT has a head of its own, and like transformers GELU by tanh.
    boolean isExact = parameters.isTurned() && hasTiedHead();
    note =
        "holds weights only, and is taken for a model with %d heads and GELU %s; a config.json beside it has the last word"
            .formatted(heads, isExact ? "by erf, as nanoGPT's" : "by tanh");
    return build(
        Gpt2Config.builder()
            .layers(layers())
            .heads(heads)
            .embeddingWidth(width)
            .contextLength(size(wpe, 0))
            .vocabularySize(size(wte, 0))
            .activation(isExact ? GeluForm.ERF : GeluForm.TANH));
  }

  private static int size(Tensor tensor, int axis) {
    return (int) Math.min(Integer.MAX_VALUE, tensor.sizes().get(axis));
  }

  private int layers() {
    return 1
        + parameters.tensors().keySet().stream()
            .map(LAYER::matcher)
            .filter(Matcher::matches)
            .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
            .max()
            .orElse(0);
  }

  private boolean hasTiedHead() {
    Map<String, Tensor> tensors = parameters.tensors();
    Tensor head = tensors.get(HEAD);
    return head == null || head.equals(parameters.tensor("wte.weight"));
  }

  private static Gpt2Config build(Gpt2ConfigBuilder builder) {
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new FormatException(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public List<StoredTensor> stored() {
    return weights.stored();
  }

  @Override
  public String format() {
    return weights.hasSettings() ? "nanoGPT" : "PyTorch";
  }

  @Override
  public String settings() {
    return weights.hasSettings() ? "model_args" : "the other tensors' shapes";
  }

  @Override
  public Gpt2Config config() {
    return config;
  }

  @Override
  public List<String> notes() {
    return note.isEmpty() ? List.of() : List.of(note);
  }

  @Override
  public void requireUnchanged() throws IOException {
    weights.requireUnchanged();
  }

  @Override
  public void close() {
    weights.close();
  }
}
