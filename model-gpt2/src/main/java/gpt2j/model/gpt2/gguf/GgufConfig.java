package gpt2j.model.gpt2.gguf;

import gpt2j.api.tensor.GeluForm;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import java.util.List;
import java.util.OptionalInt;

/** The hyperparameters in a file's metadata. */
final class GgufConfig {
  static final String ARCHITECTURE = "general.architecture";
  static final String NAME = "gpt2";
  static final String CONTEXT = "gpt2.context_length";
  static final String WIDTH = "gpt2.embedding_length";
  static final String LAYERS = "gpt2.block_count";
  static final String INNER_WIDTH = "gpt2.feed_forward_length";
  static final String HEADS = "gpt2.attention.head_count";
  static final String EPSILON = "gpt2.attention.layer_norm_epsilon";
  static final String VOCABULARY = "gpt2.vocab_size";
  static final String BOS = "tokenizer.ggml.bos_token_id";
  static final String EOS = "tokenizer.ggml.eos_token_id";

  /** All tokens that end a text, for llama.cpp. */
  private static final List<String> EOS_KEYS =
      List.of(EOS, "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");

  /** Values that ask for a computation that isn't GPT-2's. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "gpt2.rope.",
          "gpt2.ssm.",
          "gpt2.expert_",
          "gpt2.use_parallel_residual",
          "gpt2.logit_scale",
          "gpt2.residual_scale",
          "gpt2.embedding_scale",
          "gpt2.attn_logit_softcapping",
          "gpt2.final_logit_softcapping",
          "gpt2.attention.max_alibi_bias",
          "gpt2.attention.clamp_kqv",
          "gpt2.attention.scale",
          "gpt2.attention.causal",
          "gpt2.attention.sliding_window",
          "gpt2.attention.layer_norm_rms_epsilon");

  private final GgufMetadata metadata;

  GgufConfig(GgufMetadata metadata) {
    this.metadata = metadata;
  }

  /**
   * The configuration.
   *
   * @param vocabularySize rows of the embedding
   * @throws FormatException when it can't be run
   */
  Gpt2Config read(long vocabularySize) {
    String architecture = metadata.text(ARCHITECTURE).orElse("");
    if (!architecture.equals(NAME)) {
      throw new FormatException(
          "%s is \"%s\", only \"gpt2\" is supported"
              .formatted(ARCHITECTURE, Json.printable(architecture)));
    }
    refuseOtherModels();
    if (vocabularySize > Gpt2Config.MAX_VOCABULARY_SIZE) {
      throw new FormatException("tensor token_embd.weight has %d rows".formatted(vocabularySize));
    }
    Gpt2ConfigBuilder builder =
        Gpt2Config.builder()
            .vocabularySize((int) vocabularySize)
            .contextLength(metadata.requiredSize(CONTEXT))
            .embeddingWidth(metadata.requiredSize(WIDTH))
            .layers(metadata.requiredSize(LAYERS))
            .heads(heads())
            .innerWidth(metadata.requiredSize(INNER_WIDTH))
            .activation(GeluForm.TANH) // llama.cpp has no other
            .bosToken(metadata.size(BOS))
            .eosTokens(eosTokens());
    metadata.real(EPSILON).ifPresent(epsilon -> builder.layerNormEpsilon(epsilon.floatValue()));
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new FormatException(String.valueOf(e.getMessage()));
    }
  }

  private void refuseOtherModels() {
    for (String key : metadata.values().keySet()) {
      if (UNSUPPORTED.stream().anyMatch(key::startsWith)) {
        throw new FormatException(Json.printable(key) + " is not supported");
      }
    }
    requireEqual("gpt2.attention.head_count_kv", heads());
    int headSize = metadata.requiredSize(WIDTH) / Math.max(1, heads());
    requireEqual("gpt2.attention.key_length", headSize);
    requireEqual("gpt2.attention.value_length", headSize);
  }

  private void requireEqual(String key, int expected) {
    OptionalInt value = metadata.size(key);
    if (value.isPresent() && value.getAsInt() != expected) {
      throw new FormatException(
          "%s is %d, only %d is supported".formatted(key, value.getAsInt(), expected));
    }
  }

  /** A number, or one for each layer, which must be the same. */
  private int heads() {
    if (metadata.values().get(HEADS) instanceof GgufValue.Wholes(List<Integer> each)) {
      if (each.stream().distinct().count() != 1) {
        throw new FormatException(HEADS + " must be the same for all layers");
      }
      return each.getFirst();
    }
    return metadata.requiredSize(HEADS);
  }

  /** The keys that name tokens that end a text. */
  static List<String> eosKeys() {
    return EOS_KEYS;
  }

  private List<Integer> eosTokens() {
    return EOS_KEYS.stream()
        .map(metadata::size)
        .flatMapToInt(OptionalInt::stream)
        .distinct()
        .boxed()
        .toList();
  }
}
