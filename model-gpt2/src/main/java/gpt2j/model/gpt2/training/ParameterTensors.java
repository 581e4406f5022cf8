package gpt2j.model.gpt2.training;

import gpt2j.api.tensor.Tensor;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One tensor for each parameter of a model, under the checkpoint's names: the parameters
 * themselves, or their gradients.
 *
 * @param wte token embeddings, {@code [V, C]}
 * @param wpe position embeddings, {@code [context, C]}
 * @param blocks the transformer blocks, first to last
 * @param lnF the final layer norm
 * @param head the output head, {@code [V, C]}; wte itself when they are tied
 */
record ParameterTensors(Tensor wte, Tensor wpe, List<Block> blocks, LayerNorm lnF, Tensor head) {

  /** One transformer block. */
  record Block(
      LayerNorm ln1,
      Linear attnCAttn, // [C, 3C]
      Linear attnCProj, // [C, C]
      LayerNorm ln2,
      Linear mlpCFc, // [C, n_inner]
      Linear mlpCProj) {} // [n_inner, C]

  /** Gain and bias of a layer norm, [C] each. */
  record LayerNorm(Tensor gain, Tensor bias) {}

  /** Weight [inputs, outputs] and bias [outputs]; no bias where its gradient isn't wanted. */
  record Linear(Tensor weight, @Nullable Tensor bias) {}

  /** The tensors of a model by name; only a linear layer's bias may be missing. */
  static ParameterTensors of(Gpt2Config config, Function<String, @Nullable Tensor> tensors) {
    return new Names(tensors).all(config);
  }

  private record Names(Function<String, @Nullable Tensor> tensors) {
    ParameterTensors all(Gpt2Config config) {
      Tensor wte = tensor("wte.weight");
      return new ParameterTensors(
          wte,
          tensor("wpe.weight"),
          IntStream.range(0, config.layers()).mapToObj(layer -> block("h." + layer + ".")).toList(),
          layerNorm("ln_f"),
          config.tieWordEmbeddings() ? wte : tensor("lm_head.weight"));
    }

    private Block block(String prefix) {
      return new Block(
          layerNorm(prefix + "ln_1"),
          linear(prefix + "attn.c_attn"),
          linear(prefix + "attn.c_proj"),
          layerNorm(prefix + "ln_2"),
          linear(prefix + "mlp.c_fc"),
          linear(prefix + "mlp.c_proj"));
    }

    private LayerNorm layerNorm(String name) {
      return new LayerNorm(tensor(name + ".weight"), tensor(name + ".bias"));
    }

    private Linear linear(String name) {
      return new Linear(tensor(name + ".weight"), tensors.apply(name + ".bias"));
    }

    private Tensor tensor(String name) {
      return Objects.requireNonNull(tensors.apply(name), name);
    }
  }
}
