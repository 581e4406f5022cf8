package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.GeluForm;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonArray;
import gpt2j.model.gpt2.json.JsonValue.JsonBoolean;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code config.json} as transformers' {@code GPT2Config} does: the same defaults, the same
 * second names. A field that changes the logits is honoured or refused, any other is ignored.
 */
final class ConfigReader {
  static final String FILE = "config.json";

  static final String MODEL_TYPE = "gpt2";
  private static final Set<String> ARCHITECTURES =
      Set.of("GPT2LMHeadModel", "GPT2Model", "GPT2DoubleHeadsModel");

  /** Fields that ask for a computation that isn't GPT-2's, unless they are absent or empty. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "add_cross_attention",
          "attention_chunk_size",
          "is_encoder_decoder",
          "layer_types",
          "num_kv_shared_layers",
          "per_layer_config",
          "pruned_heads",
          "quantization_config",
          "rope_parameters",
          "rope_scaling",
          "rope_theta",
          "sliding_window");

  private final JsonFields fields;

  private ConfigReader(JsonFields fields) {
    this.fields = fields;
  }

  /**
   * The configuration that a {@code config.json} describes.
   *
   * @param generationText the {@code generation_config.json} beside it, if there is one; as in
   *     transformers it alone says then which tokens begin and end a text, and where it names none,
   *     none does
   * @param problems gets everything that is wrong, each with the file's name
   * @return empty when there was a problem
   */
  static Optional<Gpt2Config> read(
      byte[] text, byte @Nullable [] generationText, List<String> problems) {
    int before = problems.size();
    Gpt2ConfigBuilder builder = Gpt2Config.builder();
    JsonFields.parse(FILE, text, problems)
        .ifPresent(fields -> new ConfigReader(fields).readTo(builder));
    if (generationText != null) {
      JsonFields.parse("generation_config.json", generationText, problems)
          .ifPresent(
              fields -> {
                builder.bosToken(OptionalInt.empty()).eosTokens(List.of());
                readTokens(fields, builder);
              });
    }
    if (problems.size() > before) {
      return Optional.empty();
    }
    try {
      return Optional.of(builder.build());
    } catch (IllegalArgumentException e) {
      problems.add(FILE + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private void readTo(Gpt2ConfigBuilder builder) {
    refuseOtherModels();
    fields.size("vocab_size", Gpt2Config.MAX_VOCABULARY_SIZE).ifPresent(builder::vocabularySize);
    contextLength().ifPresent(builder::contextLength);
    fields
        .size("n_embd", "hidden_size", Gpt2Config.MAX_EMBEDDING_WIDTH)
        .ifPresent(builder::embeddingWidth);
    fields.size("n_layer", "num_hidden_layers", Gpt2Config.MAX_LAYERS).ifPresent(builder::layers);
    fields
        .size("n_head", "num_attention_heads", Gpt2Config.MAX_EMBEDDING_WIDTH)
        .ifPresent(builder::heads);
    fields
        .withoutNulls()
        .size("n_inner", Gpt2Config.MAX_INNER_WIDTH)
        .ifPresent(builder::innerWidth);
    activation().ifPresent(builder::activation);
    fields.number("layer_norm_epsilon").ifPresent(e -> builder.layerNormEpsilon((float) e));
    fields.flag("scale_attn_weights").ifPresent(builder::scaleAttention);
    fields.flag("scale_attn_by_inverse_layer_idx").ifPresent(builder::scaleByInverseLayer);
    fields.flag("reorder_and_upcast_attn"); // the result is the same; it must still be a flag
    fields.flag("tie_word_embeddings").ifPresent(builder::tieWordEmbeddings);
    readTokens(fields, builder);
  }

  private void refuseOtherModels() {
    Map<String, JsonValue> members = fields.members();
    JsonValue type = members.get("model_type");
    if (type != null && !(type instanceof JsonString(String name) && name.equals(MODEL_TYPE))) {
      fields.problem("model_type %s is not supported, only \"gpt2\" is".formatted(type));
    }
    if (members.get("architectures") instanceof JsonArray(List<JsonValue> names)
        && !names.isEmpty()
        && names.stream().noneMatch(ConfigReader::isSupportedArchitecture)) {
      fields.problem(
          "architectures has %s, but must have GPT2LMHeadModel".formatted(names.getFirst()));
    }
    for (String name : UNSUPPORTED) {
      JsonValue value = members.get(name);
      if (value != null && !value.isEmpty()) {
        fields.problem("%s is not supported, but is %s".formatted(name, value));
      }
    }
    JsonValue causal = members.get("is_causal");
    if (causal != null && !causal.equals(new JsonBoolean(true))) {
      fields.problem("is_causal must be true, not " + causal);
    }
    JsonValue positions = members.get("position_embedding_type");
    if (positions != null
        && !positions.isEmpty()
        && !positions.equals(new JsonString("absolute"))) {
      fields.problem("position_embedding_type must be \"absolute\", not " + positions);
    }
    if (members.get("auto_map") instanceof JsonObject(Map<String, JsonValue> classes)
        && classes.keySet().stream().anyMatch(name -> name.startsWith("AutoModel"))) {
      fields.problem("auto_map names code of the checkpoint's own, which is not supported");
    }
  }

  private static boolean isSupportedArchitecture(JsonValue architecture) {
    return architecture instanceof JsonString(String name) && ARCHITECTURES.contains(name);
  }

  /** {@code n_ctx} is an older name, which transformers no longer reads. */
  private OptionalInt contextLength() {
    int max = Gpt2Config.MAX_CONTEXT_LENGTH;
    OptionalInt positions = fields.size("n_positions", "max_position_embeddings", max);
    return positions.isPresent() ? positions : fields.size("n_ctx", max);
  }

  private Optional<GeluForm> activation() {
    JsonValue value = fields.members().get("activation_function");
    if (value == null) {
      return Optional.empty();
    }
    String name = value instanceof JsonString(String text) ? text : "";
    return switch (name) {
      case "gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh" ->
          Optional.of(GeluForm.TANH);
      case "gelu", "gelu_python" -> Optional.of(GeluForm.ERF);
      default -> {
        fields.problem(
            "activation_function %s is not supported; gelu_new, gelu_fast, gelu_pytorch_tanh and gelu are"
                .formatted(value));
        yield Optional.empty();
      }
    };
  }

  private static void readTokens(JsonFields fields, Gpt2ConfigBuilder builder) {
    fields
        .tokens("bos_token_id")
        .ifPresent(
            tokens ->
                builder.bosToken(
                    tokens.isEmpty() ? OptionalInt.empty() : OptionalInt.of(tokens.getFirst())));
    fields.tokens("eos_token_id").ifPresent(builder::eosTokens);
  }
}
