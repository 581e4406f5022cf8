package gpt2j.model.gpt2.training;

/**
 * Which biases are trained. The others stay what they are: 0 in a new model. They are kept and
 * written all the same, so that the checkpoint is a plain GPT-2 that everything loads; a bias of 0
 * computes what no bias does.
 */
public enum TrainedBiases {
  /** All, as in GPT-2. */
  ALL,
  /** All but those of queries, keys and values (c_attn): {@code qkv_bias=False}. */
  ALL_BUT_QKV,
  /** None, neither of linear layers nor of layer norms: nanoGPT's {@code bias=False}. */
  NONE;

  /** Whether a tensor of a checkpoint is trained. */
  boolean trains(String name) {
    return switch (this) {
      case ALL -> true;
      case ALL_BUT_QKV -> !name.endsWith(".attn.c_attn.bias");
      case NONE -> !name.endsWith(".bias");
    };
  }
}
