package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.GeluForm;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.json.Json;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.core.JsonGenerator;

/** Writes a {@code config.json} that transformers reads. */
final class ConfigWriter {
  private ConfigWriter() {}

  /**
   * The text of the file.
   *
   * @param initializerRange standard deviation of the weights, as a note; nothing depends on it
   * @param type how the weights are stored
   */
  static byte[] text(Gpt2Config config, double initializerRange, DataType type) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.indentedGenerator(text)) {
      json.writeStartObject();
      json.writeStringProperty(
          "activation_function", config.activation() == GeluForm.TANH ? "gelu_new" : "gelu");
      json.writeName("architectures");
      json.writeStartArray();
      json.writeString("GPT2LMHeadModel");
      json.writeEndArray();
      writeTokens(json, "bos_token_id", toList(config.bosToken()));
      writeTokens(json, "eos_token_id", config.eosTokens());
      json.writeNumberProperty("initializer_range", initializerRange);
      json.writeNumberProperty("layer_norm_epsilon", config.layerNormEpsilon());
      json.writeStringProperty("model_type", ConfigReader.MODEL_TYPE);
      json.writeNumberProperty("n_ctx", config.contextLength());
      json.writeNumberProperty("n_embd", config.embeddingWidth());
      json.writeNumberProperty("n_head", config.heads());
      writeInnerWidth(json, config);
      json.writeNumberProperty("n_layer", config.layers());
      json.writeNumberProperty("n_positions", config.contextLength());
      json.writeBooleanProperty("reorder_and_upcast_attn", false);
      json.writeBooleanProperty("scale_attn_by_inverse_layer_idx", config.scaleByInverseLayer());
      json.writeBooleanProperty("scale_attn_weights", config.scaleAttention());
      json.writeBooleanProperty("tie_word_embeddings", config.tieWordEmbeddings());
      json.writeStringProperty("torch_dtype", torchName(type)); // the name every version reads
      json.writeNumberProperty("vocab_size", config.vocabularySize());
      json.writeEndObject();
    }
    text.write('\n');
    return text.toByteArray();
  }

  private static void writeInnerWidth(JsonGenerator json, Gpt2Config config) {
    json.writeName("n_inner");
    if (config.innerWidth() == 4 * config.embeddingWidth()) {
      json.writeNull(); // as in OpenAI's checkpoints
    } else {
      json.writeNumber(config.innerWidth());
    }
  }

  private static List<Integer> toList(OptionalInt token) {
    return token.isPresent() ? List.of(token.getAsInt()) : List.of();
  }

  private static void writeTokens(JsonGenerator json, String name, List<Integer> tokens) {
    json.writeName(name);
    switch (tokens.size()) {
      case 0 -> json.writeNull();
      case 1 -> json.writeNumber(tokens.getFirst());
      default -> {
        json.writeStartArray();
        tokens.forEach(json::writeNumber);
        json.writeEndArray();
      }
    }
  }

  private static String torchName(DataType type) {
    return switch (type) {
      case F32 -> "float32";
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      case I32 -> throw new IllegalArgumentException("weights are no integers");
    };
  }
}
