package gpt2j.model.gpt2.inference;

import gpt2j.api.AttentionProbe;
import gpt2j.api.Epilogue;
import gpt2j.api.KvCache;
import gpt2j.api.Operations;
import gpt2j.api.Profiler;
import gpt2j.api.TokenBatch;
import gpt2j.api.tensor.Tensor;
import gpt2j.model.gpt2.config.Gpt2Config;

/**
 * GPT-2's forward pass (Radford et al. 2019, §2.3): a decoder-only transformer with layer norm
 * before each sublayer and once more before the output head. The one path for prefill, decode and
 * evaluation, with and without history in the cache.
 *
 * <p>Shapes: n rows of the batch, embedding width C, n_inner I, vocabulary V.
 */
public final class Forward {
  private final Gpt2Config config;
  private final Weights weights;
  private final Operations ops;
  private final Profiler profiler;

  public Forward(Gpt2Config config, Weights weights, Operations ops, Profiler profiler) {
    this.config = config;
    this.weights = weights;
    this.ops = ops;
    this.profiler = profiler;
  }

  /** Tokens in, residual stream after the last block out: {@code a.x()}, [n, C]. */
  void blocks(Activations.Rows a, TokenBatch batch, KvCache cache) {
    float epsilon = config.layerNormEpsilon();
    Epilogue gelu = Epilogue.of(config.activation());

    profiler.section("embedding");
    ops.embed(a.x(), batch, weights.wte(), weights.wpe()); // [n, C]

    for (int layer = 0; layer < config.layers(); layer++) {
      Weights.Block block = weights.blocks().get(layer);

      profiler.section("ln_1");
      ops.layerNorm(a.y(), a.x(), block.ln1().gain(), block.ln1().bias(), epsilon);
      profiler.section("qkv");
      ops.linear(a.qkv(), a.y(), block.attnCAttn(), Epilogue.NONE); // [n, C] → [n, 3C]
      profiler.section("kv_append");
      ops.appendKv(cache, layer, a.qkv(), batch);
      profiler.section("attention");
      float scale = config.attentionScale(layer);
      ops.attention(a.y(), a.qkv(), cache, layer, batch, scale, AttentionProbe.NONE); // [n, C]
      profiler.section("attn_proj");
      ops.linear(a.x(), a.y(), block.attnCProj(), Epilogue.ADD_TO_OUT); // x + attention

      profiler.section("ln_2");
      ops.layerNorm(a.y(), a.x(), block.ln2().gain(), block.ln2().bias(), epsilon);
      profiler.section("mlp_fc");
      ops.linear(a.fc(), a.y(), block.mlpCFc(), gelu); // [n, C] → [n, I]
      profiler.section("mlp_proj");
      ops.linear(a.x(), a.fc(), block.mlpCProj(), Epilogue.ADD_TO_OUT); // x + MLP, [n, I] → [n, C]
    }
    profiler.end();
  }

  /**
   * Residual stream in, logits out. Only for the rows whose logits are wanted: the head is the
   * largest matrix of all.
   *
   * @param logits {@code [m, V]}
   * @param y {@code [m, C]}: memory for the final norm
   * @param x {@code [m, C]}
   */
  void head(Tensor logits, Tensor y, Tensor x) {
    profiler.section("ln_f");
    ops.layerNorm(y, x, weights.lnF().gain(), weights.lnF().bias(), config.layerNormEpsilon());
    profiler.section("head");
    ops.logits(logits, y, weights.head()); // [m, C] → [m, V]
    profiler.end();
  }
}
