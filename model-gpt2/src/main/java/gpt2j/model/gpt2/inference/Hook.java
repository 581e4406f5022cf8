package gpt2j.model.gpt2.inference;

import gpt2j.model.gpt2.config.Gpt2Config;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a forward pass can be asked for, in the order in which it is computed, under the names that
 * TransformerLens has for a model whose weights are as in the checkpoint; the logit lens is ours.
 * {@code *} stands for the layer.
 */
public enum Hook {
  RESID_PRE("blocks.*.hook_resid_pre"),
  LN1_OUT("blocks.*.ln1.hook_out"),
  Q("blocks.*.attn.hook_q"),
  K("blocks.*.attn.hook_k"),
  V("blocks.*.attn.hook_v"),
  SCORES("blocks.*.attn.hook_attn_scores", Hook.ATTENTION_IS_ONE),
  PATTERN("blocks.*.attn.hook_pattern", Hook.ATTENTION_IS_ONE),
  Z("blocks.*.attn.hook_z"),
  ATTN_OUT("blocks.*.hook_attn_out"),
  RESID_MID("blocks.*.hook_resid_mid"),
  LN2_OUT("blocks.*.ln2.hook_out"),
  MLP_PRE(
      "blocks.*.mlp.hook_pre",
      "the activation function is computed with the product before it; mlp.hook_post can be"),
  MLP_POST("blocks.*.mlp.hook_post"),
  MLP_OUT("blocks.*.hook_mlp_out"),
  RESID_POST("blocks.*.hook_resid_post"),
  LOGIT_LENS("blocks.*.logit_lens", Hook.NOTHING_FOLLOWS),
  LN_FINAL_OUT("ln_final.hook_out"),
  LOGITS("unembed.hook_out", Hook.NOTHING_FOLLOWS);

  private static final String ATTENTION_IS_ONE =
      "scores, softmax and the sum over values are one operation; attn.hook_q, attn.hook_k,"
          + " attn.hook_v and attn.hook_z can be";
  private static final String NOTHING_FOLLOWS = "nothing is computed from it";

  private static final String NORM_IS_ONE =
      "a norm is one operation with its gain and bias, and hook_out what comes out of it";
  private static final String EMBEDDING_IS_ONE =
      "both embeddings are added up in one operation; blocks.0.hook_resid_pre is their sum";

  /** What TransformerLens shows and fused operations can't, with the reason. */
  private static final Map<String, String> HIDDEN =
      Map.of(
          "hook_embed", EMBEDDING_IS_ONE,
          "hook_pos_embed", EMBEDDING_IS_ONE,
          "blocks.*.ln1.hook_scale", NORM_IS_ONE,
          "blocks.*.ln1.hook_normalized", NORM_IS_ONE,
          "blocks.*.ln2.hook_scale", NORM_IS_ONE,
          "blocks.*.ln2.hook_normalized", NORM_IS_ONE,
          "ln_final.hook_scale", NORM_IS_ONE,
          "ln_final.hook_normalized", NORM_IS_ONE);

  private final String pattern;
  private final String whyReadOnly;

  Hook(String pattern) {
    this(pattern, "");
  }

  Hook(String pattern, String whyReadOnly) {
    this.pattern = pattern;
    this.whyReadOnly = whyReadOnly;
  }

  /** The name, with {@code *} for the layer. */
  public String pattern() {
    return pattern;
  }

  /** Why it can't be replaced; empty if it can. */
  public Optional<String> whyReadOnly() {
    return whyReadOnly.isEmpty() ? Optional.empty() : Optional.of(whyReadOnly);
  }

  /** Why a name that means something can't be shown; empty where it means nothing. */
  public static Optional<String> whyHidden(String name) {
    return Optional.ofNullable(HIDDEN.get(name.replaceFirst("^blocks\\.\\d+\\.", "blocks.*.")));
  }

  /** All sites of a model, layer by layer. */
  public static List<Site> sites(Gpt2Config config) {
    Stream<Site> ofLayers =
        IntStream.range(0, config.layers())
            .boxed()
            .flatMap(layer -> hooks(true).map(hook -> hook.at(layer)));
    return Stream.concat(ofLayers, hooks(false).map(hook -> hook.at(0))).toList();
  }

  private static Stream<Hook> hooks(boolean inLayers) {
    return Arrays.stream(values()).filter(hook -> hook.isInLayers() == inLayers);
  }

  private boolean isInLayers() {
    return pattern.contains("*");
  }

  Site at(int layer) {
    return new Site(this, isInLayers() ? layer : 0);
  }
}
