package gpt2j.model.gpt2.inference;

import gpt2j.api.EmbeddingTable;
import gpt2j.api.LinearWeights;
import gpt2j.api.tensor.Tensor;
import java.util.List;

/**
 * A model's parameters in a backend's memory, under the checkpoint's names. They belong to whoever
 * loaded them.
 *
 * @param wte token embeddings
 * @param wpe position embeddings
 * @param blocks the transformer blocks, first to last
 * @param lnF the final layer norm
 * @param head the output head; wte itself when they are tied
 */
public record Weights(
    EmbeddingTable wte,
    EmbeddingTable wpe,
    List<Block> blocks,
    LayerNorm lnF,
    EmbeddingTable head) {

  /** One transformer block. */
  public record Block(
      LayerNorm ln1,
      LinearWeights attnCAttn,
      LinearWeights attnCProj,
      LayerNorm ln2,
      LinearWeights mlpCFc,
      LinearWeights mlpCProj) {
    long bytes() {
      return ln1.bytes()
          + attnCAttn.bytes()
          + attnCProj.bytes()
          + ln2.bytes()
          + mlpCFc.bytes()
          + mlpCProj.bytes();
    }
  }

  /** Gain and bias of a layer norm, which a checkpoint calls weight and bias. */
  public record LayerNorm(Tensor gain, Tensor bias) {
    long bytes() {
      return gain.bytes() + bias.bytes();
    }
  }

  /** Bytes of all parameters as stored; a tied head counts once. */
  public long bytes() {
    return wte.bytes()
        + wpe.bytes()
        + blocks.stream().mapToLong(Block::bytes).sum()
        + lnF.bytes()
        + (head == wte ? 0 : head.bytes());
  }
}
