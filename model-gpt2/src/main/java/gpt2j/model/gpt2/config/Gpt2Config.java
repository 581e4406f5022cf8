package gpt2j.model.gpt2.config;

import gpt2j.api.tensor.GeluForm;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a GPT-2 model is made of. Each component's Javadoc gives its name in a checkpoint's {@code
 * config.json}; messages use those names.
 *
 * <p>{@code reorder_and_upcast_attn} has no component: it asks for attention in float32, which
 * every backend does anyway, and otherwise changes the order of a multiplication and nothing else.
 *
 * @param vocabularySize {@code vocab_size}: rows of wte
 * @param contextLength {@code n_positions}: rows of wpe, the most tokens one sequence may have
 * @param embeddingWidth {@code n_embd}: elements of one token's hidden state
 * @param layers {@code n_layer}: transformer blocks
 * @param heads {@code n_head}: attention heads per block, a divisor of the embedding width
 * @param innerWidth {@code n_inner}: elements between c_fc and c_proj of a block's MLP
 * @param activation {@code activation_function}: its GELU
 * @param layerNormEpsilon {@code layer_norm_epsilon}
 * @param scaleAttention {@code scale_attn_weights}: divide attention scores by √headSize
 * @param scaleByInverseLayer {@code scale_attn_by_inverse_layer_idx}: divide attention scores by
 *     the layer's number, counted from 1
 * @param tieWordEmbeddings {@code tie_word_embeddings}: without a tensor of its own the output head
 *     is wte
 * @param bosToken {@code bos_token_id}, when it is in the vocabulary
 * @param eosTokens {@code eos_token_id}: the tokens that end a text, those in the vocabulary
 */
public record Gpt2Config(
    int vocabularySize,
    int contextLength,
    int embeddingWidth,
    int layers,
    int heads,
    int innerWidth,
    GeluForm activation,
    float layerNormEpsilon,
    boolean scaleAttention,
    boolean scaleByInverseLayer,
    boolean tieWordEmbeddings,
    OptionalInt bosToken,
    List<Integer> eosTokens) {

  // Far above any model there is, and low enough that counts of elements and bytes fit a long.
  public static final int MAX_VOCABULARY_SIZE = 1 << 24;
  public static final int MAX_CONTEXT_LENGTH = 1 << 20;
  public static final int MAX_EMBEDDING_WIDTH = 1 << 16;
  public static final int MAX_LAYERS = 1 << 12;
  public static final int MAX_INNER_WIDTH = 1 << 18;

  /**
   * Checks every component.
   *
   * @throws IllegalArgumentException that names everything that is wrong, in one line
   */
  public Gpt2Config {
    List<String> problems = new ArrayList<>();
    checkRange(problems, "vocab_size", vocabularySize, MAX_VOCABULARY_SIZE);
    checkRange(problems, "n_positions", contextLength, MAX_CONTEXT_LENGTH);
    checkRange(problems, "n_embd", embeddingWidth, MAX_EMBEDDING_WIDTH);
    checkRange(problems, "n_layer", layers, MAX_LAYERS);
    checkRange(problems, "n_head", heads, MAX_EMBEDDING_WIDTH);
    checkRange(problems, "n_inner", innerWidth, MAX_INNER_WIDTH);
    if (heads > 0 && embeddingWidth > 0 && embeddingWidth % heads != 0) {
      problems.add(
          "n_embd must be a multiple of n_head, but %d is not one of %d"
              .formatted(embeddingWidth, heads));
    }
    if (!(layerNormEpsilon > 0) || layerNormEpsilon == Float.POSITIVE_INFINITY) {
      problems.add("layer_norm_epsilon must be a positive number, not " + layerNormEpsilon);
    }
    eosTokens = List.copyOf(eosTokens);
    List<Integer> specialTokens = new ArrayList<>(eosTokens);
    bosToken.ifPresent(specialTokens::add);
    for (int token : specialTokens) {
      if (token < 0 || token >= vocabularySize) {
        problems.add("token %d is not in the vocabulary of %d".formatted(token, vocabularySize));
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  private static void checkRange(List<String> problems, String name, int value, int max) {
    if (value < 1 || value > max) {
      problems.add("%s must be from 1 to %d, not %d".formatted(name, max, value));
    }
  }

  /** A builder that starts from the configuration of {@link Gpt2Size#GPT2}. */
  public static Gpt2ConfigBuilder builder() {
    return new Gpt2ConfigBuilder();
  }

  /** The same with an output head of its own, or without. */
  public Gpt2Config withTieWordEmbeddings(boolean tied) {
    return new Gpt2Config(
        vocabularySize,
        contextLength,
        embeddingWidth,
        layers,
        heads,
        innerWidth,
        activation,
        layerNormEpsilon,
        scaleAttention,
        scaleByInverseLayer,
        tied,
        bosToken,
        eosTokens);
  }

  /** The same with another GELU. */
  public Gpt2Config withActivation(GeluForm activation) {
    return new Gpt2Config(
        vocabularySize,
        contextLength,
        embeddingWidth,
        layers,
        heads,
        innerWidth,
        activation,
        layerNormEpsilon,
        scaleAttention,
        scaleByInverseLayer,
        tieWordEmbeddings,
        bosToken,
        eosTokens);
  }

  /** Elements of one attention head's query, key or value. */
  public int headSize() {
    return embeddingWidth / heads;
  }

  /**
   * What attention scores of a layer are multiplied by.
   *
   * @param layer counted from 0
   */
  public float attentionScale(int layer) {
    double scale = scaleAttention ? 1 / Math.sqrt(headSize()) : 1;
    return (float) (scaleByInverseLayer ? scale / (layer + 1) : scale);
  }

  /** The number of parameters; an output head tied to wte adds none. */
  public long parameters() {
    long width = embeddingWidth;
    long norm = 2 * width;
    long attention = width * (3 * width) + 3 * width + width * width + width;
    long mlp = width * innerWidth + innerWidth + innerWidth * width + width;
    long tables = width * vocabularySize * (tieWordEmbeddings ? 1 : 2) + width * contextLength;
    return tables + layers * (2 * norm + attention + mlp) + norm;
  }
}
