package gpt2j.model.gpt2.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.GeluForm;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class Gpt2ConfigTest {
  /** Counted by transformers: {@code GPT2LMHeadModel(config).num_parameters()}. */
  @ParameterizedTest
  @CsvSource({
    "gpt2, 124439808",
    "gpt2-medium, 354823168",
    "gpt2-large, 774030080",
    "gpt2-xl, 1557611200"
  })
  void publishedSizesHaveTheirNumberOfParameters(String label, long parameters) {
    Gpt2Config config = Gpt2Size.of(label).orElseThrow().config();
    assertEquals(parameters, config.parameters());
    assertEquals(64, config.headSize());
    assertEquals(4 * config.embeddingWidth(), config.innerWidth());
  }

  @Test
  void anUntiedHeadAddsItsParameters() {
    long tied = Gpt2Size.GPT2.config().parameters();
    Gpt2Config untied = Gpt2Size.GPT2.builder().tieWordEmbeddings(false).build();
    assertEquals(tied + 50257L * 768, untied.parameters());
  }

  @Test
  void anUnknownSizeIsEmpty() {
    assertEquals(Optional.empty(), Gpt2Size.of("gpt2-huge"));
  }

  @Test
  void attentionScaleFollowsBothFlags() {
    Gpt2ConfigBuilder builder = Gpt2Config.builder().embeddingWidth(48).heads(3);
    assertEquals(0.25f, builder.build().attentionScale(7));
    assertEquals(0.25f / 8, builder.scaleByInverseLayer(true).build().attentionScale(7));
    assertEquals(1f / 8, builder.scaleAttention(false).build().attentionScale(7));
    assertEquals(1f, builder.scaleByInverseLayer(false).build().attentionScale(7));
  }

  @Test
  void tokensOutsideTheVocabularyCountAsNone() {
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(10)
            .bosToken(OptionalInt.of(10))
            .eosTokens(List.of(-1, 3, 10, 9))
            .build();
    assertEquals(OptionalInt.empty(), config.bosToken());
    assertEquals(List.of(3, 9), config.eosTokens());
  }

  @Test
  void theLargestConfigurationCountsWithoutOverflow() {
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(Gpt2Config.MAX_VOCABULARY_SIZE)
            .contextLength(Gpt2Config.MAX_CONTEXT_LENGTH)
            .embeddingWidth(Gpt2Config.MAX_EMBEDDING_WIDTH)
            .heads(Gpt2Config.MAX_EMBEDDING_WIDTH)
            .layers(Gpt2Config.MAX_LAYERS)
            .innerWidth(Gpt2Config.MAX_INNER_WIDTH)
            .tieWordEmbeddings(false)
            .build();
    assertTrue(config.parameters() > 1L << 47);
    assertTrue(Math.multiplyExact(config.parameters(), 8L) > 0);
  }

  static Stream<Arguments> invalid() {
    return Stream.of(
        invalid("vocab_size must be from 1 to 16777216, not 0", b -> b.vocabularySize(0)),
        invalid("n_positions must be from 1 to 1048576, not -1", b -> b.contextLength(-1)),
        invalid("n_layer must be from 1 to 4096, not 4097", b -> b.layers(4097)),
        invalid(
            "n_embd must be from 1 to 65536, not 2147483647; n_embd must be a multiple of n_head,"
                + " but 2147483647 is not one of 12",
            b -> b.embeddingWidth(Integer.MAX_VALUE)),
        invalid("n_head must be from 1 to 65536, not 0", b -> b.heads(0)),
        invalid("n_inner must be from 1 to 262144, not 0", b -> b.innerWidth(0)),
        invalid("n_embd must be a multiple of n_head, but 768 is not one of 7", b -> b.heads(7)),
        invalid(
            "layer_norm_epsilon must be a positive number, not 0.0", b -> b.layerNormEpsilon(0)),
        invalid(
            "layer_norm_epsilon must be a positive number, not NaN",
            b -> b.layerNormEpsilon(Float.NaN)),
        invalid(
            "layer_norm_epsilon must be a positive number, not Infinity",
            b -> b.layerNormEpsilon(Float.POSITIVE_INFINITY)),
        invalid(
            "vocab_size must be from 1 to 16777216, not -5; n_layer must be from 1 to 4096, not 0;"
                + " n_head must be from 1 to 65536, not -2",
            b -> b.vocabularySize(-5).layers(0).heads(-2)));
  }

  private static Arguments invalid(String message, UnaryOperator<Gpt2ConfigBuilder> change) {
    return Arguments.of(message, change);
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void allThatIsWrongIsNamed(String message, UnaryOperator<Gpt2ConfigBuilder> change) {
    Gpt2ConfigBuilder builder = change.apply(Gpt2Config.builder());
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, builder::build).getMessage());
  }

  @Test
  void aRecordMadeByHandIsCheckedToo() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new Gpt2Config(
                        5,
                        4,
                        4,
                        1,
                        2,
                        16,
                        GeluForm.ERF,
                        1e-5f,
                        true,
                        false,
                        true,
                        OptionalInt.of(5),
                        List.of(-1)))
            .getMessage();
    assertEquals(
        "token -1 is not in the vocabulary of 5; token 5 is not in the vocabulary of 5", message);
  }
}
