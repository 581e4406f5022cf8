package gpt2j.model.gpt2.config;

import gpt2j.api.tensor.GeluForm;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Puts a {@link Gpt2Config} together. What is not set has the value it has in GPT-2 with 124
 * million parameters, which are also the defaults of Hugging Face transformers.
 */
public final class Gpt2ConfigBuilder {
  private static final int END_OF_TEXT = 50256;

  private int vocabularySize = 50257;
  private int contextLength = 1024;
  private int embeddingWidth = 768;
  private int layers = 12;
  private int heads = 12;
  private OptionalInt innerWidth = OptionalInt.empty();
  private GeluForm activation = GeluForm.TANH;
  private float layerNormEpsilon = 1e-5f;
  private boolean scaleAttention = true;
  private boolean scaleByInverseLayer;
  private boolean tieWordEmbeddings = true;
  private OptionalInt bosToken = OptionalInt.of(END_OF_TEXT);
  private List<Integer> eosTokens = List.of(END_OF_TEXT);

  Gpt2ConfigBuilder() {}

  public Gpt2ConfigBuilder vocabularySize(int value) {
    vocabularySize = value;
    return this;
  }

  public Gpt2ConfigBuilder contextLength(int value) {
    contextLength = value;
    return this;
  }

  public Gpt2ConfigBuilder embeddingWidth(int value) {
    embeddingWidth = value;
    return this;
  }

  public Gpt2ConfigBuilder layers(int value) {
    layers = value;
    return this;
  }

  public Gpt2ConfigBuilder heads(int value) {
    heads = value;
    return this;
  }

  /** Left unset, it is four times the embedding width. */
  public Gpt2ConfigBuilder innerWidth(int value) {
    innerWidth = OptionalInt.of(value);
    return this;
  }

  public Gpt2ConfigBuilder activation(GeluForm value) {
    activation = value;
    return this;
  }

  public Gpt2ConfigBuilder layerNormEpsilon(float value) {
    layerNormEpsilon = value;
    return this;
  }

  public Gpt2ConfigBuilder scaleAttention(boolean value) {
    scaleAttention = value;
    return this;
  }

  public Gpt2ConfigBuilder scaleByInverseLayer(boolean value) {
    scaleByInverseLayer = value;
    return this;
  }

  public Gpt2ConfigBuilder tieWordEmbeddings(boolean value) {
    tieWordEmbeddings = value;
    return this;
  }

  /** A token outside the vocabulary can't occur and counts as none. */
  public Gpt2ConfigBuilder bosToken(OptionalInt value) {
    bosToken = value;
    return this;
  }

  /** Tokens outside the vocabulary can't occur and are left out. */
  public Gpt2ConfigBuilder eosTokens(List<Integer> value) {
    eosTokens = List.copyOf(value);
    return this;
  }

  /**
   * The configuration.
   *
   * @throws IllegalArgumentException that names everything that is wrong, in one line
   */
  public Gpt2Config build() {
    // Saturates, so that a nonsensical embedding width is reported and not one that wrapped around.
    int fourTimes = Math.clamp(4L * embeddingWidth, 1, Gpt2Config.MAX_INNER_WIDTH);
    List<Integer> eos = new ArrayList<>(eosTokens);
    eos.removeIf(token -> !inVocabulary(token));
    return new Gpt2Config(
        vocabularySize,
        contextLength,
        embeddingWidth,
        layers,
        heads,
        innerWidth.orElse(fourTimes),
        activation,
        layerNormEpsilon,
        scaleAttention,
        scaleByInverseLayer,
        tieWordEmbeddings,
        bosToken.isPresent() && inVocabulary(bosToken.getAsInt()) ? bosToken : OptionalInt.empty(),
        eos);
  }

  private boolean inVocabulary(int token) {
    return token >= 0 && token < vocabularySize;
  }
}
