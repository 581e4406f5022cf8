package gpt2j.model.gpt2.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.GeluForm;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import gpt2j.model.gpt2.config.Gpt2Size;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
  /** What transformers writes for GPT-2 with 124 million parameters. */
  private static final String PUBLISHED =
      """
      {
        "activation_function": "gelu_new",
        "add_cross_attention": false,
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1,
        "bos_token_id": 50256,
        "dtype": "float32",
        "embd_pdrop": 0.1,
        "eos_token_id": 50256,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": 1024,
        "n_embd": 768,
        "n_head": 12,
        "n_inner": null,
        "n_layer": 12,
        "n_positions": 1024,
        "pad_token_id": null,
        "pruned_heads": {},
        "reorder_and_upcast_attn": false,
        "resid_pdrop": 0.1,
        "scale_attn_by_inverse_layer_idx": false,
        "scale_attn_weights": true,
        "summary_activation": null,
        "summary_first_dropout": 0.1,
        "summary_proj_to_labels": true,
        "summary_type": "cls_index",
        "summary_use_proj": true,
        "task_specific_params": {"text-generation": {"do_sample": true, "max_length": 50}},
        "tie_word_embeddings": true,
        "transformers_version": "5.18.0",
        "use_cache": true,
        "vocab_size": 50257
      }
      """;

  @Test
  void readsThePublishedConfiguration() {
    assertEquals(Gpt2Size.GPT2.config(), read(PUBLISHED));
  }

  @Test
  void whatIsMissingHasTheDefaultsOfTransformers() {
    assertEquals(Gpt2Size.GPT2.config(), read("{}"));
  }

  static Stream<Arguments> honoured() {
    return Stream.of(
        honoured("\"vocab_size\": 60000", b -> b.vocabularySize(60000)),
        honoured("\"n_positions\": 77", b -> b.contextLength(77)),
        honoured("\"max_position_embeddings\": 77", b -> b.contextLength(77)),
        honoured("\"n_ctx\": 77", b -> b.contextLength(77)),
        // transformers reads n_positions only, and so must the shape of wpe
        honoured("\"n_positions\": 77, \"n_ctx\": 1024", b -> b.contextLength(77)),
        honoured("\"n_embd\": 1200", b -> b.embeddingWidth(1200)),
        honoured("\"hidden_size\": 1200", b -> b.embeddingWidth(1200)),
        honoured("\"hidden_size\": 768, \"n_embd\": 768", b -> b),
        honoured("\"n_layer\": 3", b -> b.layers(3)),
        honoured("\"num_hidden_layers\": 3", b -> b.layers(3)),
        honoured("\"n_head\": 3", b -> b.heads(3)),
        honoured("\"num_attention_heads\": 3", b -> b.heads(3)),
        honoured("\"n_inner\": 100", b -> b.innerWidth(100)),
        honoured("\"n_inner\": null", b -> b),
        honoured("\"n_embd\": 1200, \"n_inner\": null", b -> b.embeddingWidth(1200)),
        honoured("\"layer_norm_epsilon\": 0.001", b -> b.layerNormEpsilon(0.001f)),
        honoured("\"layer_norm_epsilon\": 1", b -> b.layerNormEpsilon(1)),
        honoured("\"scale_attn_weights\": false", b -> b.scaleAttention(false)),
        honoured("\"scale_attn_by_inverse_layer_idx\": true", b -> b.scaleByInverseLayer(true)),
        honoured("\"reorder_and_upcast_attn\": true", b -> b),
        honoured("\"tie_word_embeddings\": false", b -> b.tieWordEmbeddings(false)),
        honoured("\"bos_token_id\": 1", b -> b.bosToken(OptionalInt.of(1))),
        honoured("\"bos_token_id\": null", b -> b.bosToken(OptionalInt.empty())),
        honoured("\"eos_token_id\": 2", b -> b.eosTokens(List.of(2))),
        honoured("\"eos_token_id\": [2, 0]", b -> b.eosTokens(List.of(2, 0))),
        honoured("\"eos_token_id\": []", b -> b.eosTokens(List.of())),
        honoured("\"eos_token_id\": null", b -> b.eosTokens(List.of())),
        honoured("\"eos_token_id\": -1", b -> b.eosTokens(List.of())),
        honoured("\"architectures\": null", b -> b),
        honoured("\"architectures\": []", b -> b),
        honoured("\"architectures\": [\"GPT2Model\"]", b -> b),
        honoured("\"architectures\": [\"Other\", \"GPT2DoubleHeadsModel\"]", b -> b),
        honoured("\"is_causal\": true", b -> b),
        honoured("\"sliding_window\": null", b -> b),
        honoured("\"rope_scaling\": null", b -> b),
        honoured("\"position_embedding_type\": \"absolute\"", b -> b),
        honoured("\"auto_map\": {\"AutoTokenizer\": [\"x.Y\", null]}", b -> b),
        honoured("\"torch_dtype\": \"float16\", \"is_decoder\": true", b -> b),
        honoured("\"something\": {\"unknown\": [1, {\"deep\": null}]}", b -> b));
  }

  private static Arguments honoured(String fields, UnaryOperator<Gpt2ConfigBuilder> change) {
    return Arguments.of(fields, change.apply(Gpt2Config.builder()).build());
  }

  @ParameterizedTest
  @MethodSource("honoured")
  void aFieldIsHonoured(String fields, Gpt2Config expected) {
    assertEquals(expected, read("{" + fields + "}"));
  }

  @ParameterizedTest
  @CsvSource({
    "gelu_new, TANH",
    "gelu_fast, TANH",
    "gelu_accurate, TANH",
    "gelu_pytorch_tanh, TANH",
    "gelu_python_tanh, TANH",
    "gelu, ERF",
    "gelu_python, ERF"
  })
  void activationFunctions(String name, GeluForm activation) {
    assertEquals(activation, read("{\"activation_function\": \"" + name + "\"}").activation());
  }

  @ParameterizedTest
  @ValueSource(strings = {"relu", "silu", "gelu_10", "quick_gelu", "swish", "tanh", "GELU", ""})
  void otherActivationFunctionsAreRefusedByName(String name) {
    assertProblems(
        "{\"activation_function\": \"" + name + "\"}",
        "activation_function \"%s\" is not supported; gelu_new, gelu_fast, gelu_pytorch_tanh and gelu are"
            .formatted(name));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // other models
        "\"model_type\": \"gpt_neo\" | model_type \"gpt_neo\" is not supported, only \"gpt2\" is",
        "\"model_type\": null | model_type null is not supported, only \"gpt2\" is",
        "\"architectures\": [\"GPT2ForSequenceClassification\"] | architectures has"
            + " \"GPT2ForSequenceClassification\", but must have GPT2LMHeadModel",
        "\"architectures\": [1] | architectures has 1, but must have GPT2LMHeadModel",
        "\"auto_map\": {\"AutoModelForCausalLM\": \"x.Y\"} | auto_map names code of the"
            + " checkpoint's own, which is not supported",
        // other computations
        "\"add_cross_attention\": true | add_cross_attention is not supported, but is true",
        "\"is_encoder_decoder\": true | is_encoder_decoder is not supported, but is true",
        "\"pruned_heads\": {\"0\": [1]} | pruned_heads is not supported, but is {…}",
        "\"quantization_config\": {\"bits\": 4} | quantization_config is not supported, but is {…}",
        "\"per_layer_config\": {\"0\": {}} | per_layer_config is not supported, but is {…}",
        "\"layer_types\": [\"sliding_attention\"] | layer_types is not supported, but is […]",
        "\"sliding_window\": 128 | sliding_window is not supported, but is 128",
        "\"attention_chunk_size\": 128 | attention_chunk_size is not supported, but is 128",
        "\"num_kv_shared_layers\": 2 | num_kv_shared_layers is not supported, but is 2",
        "\"rope_theta\": 10000.0 | rope_theta is not supported, but is 10000.0",
        "\"rope_scaling\": {\"type\": \"linear\"} | rope_scaling is not supported, but is {…}",
        "\"rope_parameters\": {\"a\": 1} | rope_parameters is not supported, but is {…}",
        "\"is_causal\": false | is_causal must be true, not false",
        "\"is_causal\": null | is_causal must be true, not null",
        "\"position_embedding_type\": \"rotary\" | position_embedding_type must be \"absolute\","
            + " not \"rotary\"",
        "\"activation_function\": null | activation_function null is not supported; gelu_new,"
            + " gelu_fast, gelu_pytorch_tanh and gelu are",
        "\"activation_function\": [\"gelu\"] | activation_function […] is not supported; gelu_new,"
            + " gelu_fast, gelu_pytorch_tanh and gelu are",
        // sizes
        "\"vocab_size\": 0 | vocab_size must be an integer from 1 to 16777216, not 0",
        "\"vocab_size\": 16777217 | vocab_size must be an integer from 1 to 16777216, not 16777217",
        "\"vocab_size\": \"50257\" | vocab_size must be an integer from 1 to 16777216, not"
            + " \"50257\"",
        "\"vocab_size\": null | vocab_size must be an integer from 1 to 16777216, not null",
        "\"n_positions\": -1 | n_positions must be an integer from 1 to 1048576, not -1",
        "\"n_ctx\": 1e3 | n_ctx must be an integer from 1 to 1048576, not 1e3",
        "\"n_embd\": 768.0 | n_embd must be an integer from 1 to 65536, not 768.0",
        "\"n_embd\": true | n_embd must be an integer from 1 to 65536, not true",
        "\"n_layer\": 99999999999999999999 | n_layer must be an integer from 1 to 4096, not"
            + " 99999999999999999999",
        "\"n_layer\": 4294967297 | n_layer must be an integer from 1 to 4096, not 4294967297",
        "\"n_head\": [12] | n_head must be an integer from 1 to 65536, not […]",
        "\"n_inner\": 0 | n_inner must be an integer from 1 to 262144, not 0",
        "\"n_embd\": 768, \"hidden_size\": 1024 | n_embd is 768, but hidden_size, which means the"
            + " same, is 1024",
        "\"n_embd\": 100 | n_embd must be a multiple of n_head, but 100 is not one of 12",
        // other values
        "\"layer_norm_epsilon\": \"1e-5\" | layer_norm_epsilon must be a number, not \"1e-5\"",
        "\"layer_norm_epsilon\": 0 | layer_norm_epsilon must be a positive number, not 0.0",
        "\"layer_norm_epsilon\": -1e-5 | layer_norm_epsilon must be a positive number, not -1.0E-5",
        "\"layer_norm_epsilon\": 1e999 | layer_norm_epsilon must be a positive number, not"
            + " Infinity",
        "\"layer_norm_epsilon\": 1e-999999999 | layer_norm_epsilon must be a positive number, not"
            + " 0.0",
        "\"scale_attn_weights\": 1 | scale_attn_weights must be true or false, not 1",
        "\"scale_attn_by_inverse_layer_idx\": \"no\" | scale_attn_by_inverse_layer_idx must be true"
            + " or false, not \"no\"",
        "\"reorder_and_upcast_attn\": null | reorder_and_upcast_attn must be true or false, not"
            + " null",
        "\"tie_word_embeddings\": 0 | tie_word_embeddings must be true or false, not 0",
        "\"bos_token_id\": 1.5 | bos_token_id must be a token or a list of tokens, not 1.5",
        "\"eos_token_id\": \"<end>\" | eos_token_id must be a token or a list of tokens, not"
            + " \"<end>\"",
        "\"eos_token_id\": [1, null] | eos_token_id must be a token or a list of tokens, not null",
        "\"eos_token_id\": 99999999999 | eos_token_id must be a token or a list of tokens, not"
            + " 99999999999",
      })
  void aFieldIsRefusedByName(String fields, String problem) {
    assertProblems("{" + fields + "}", problem);
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    assertProblems(
        """
        {"n_layer": 0, "n_head": 7.5, "activation_function": "relu", "add_cross_attention": true,
         "tie_word_embeddings": "yes", "n_embd": 12}
        """,
        "add_cross_attention is not supported, but is true",
        "n_layer must be an integer from 1 to 4096, not 0",
        "n_head must be an integer from 1 to 65536, not 7.5",
        "activation_function \"relu\" is not supported; gelu_new, gelu_fast, gelu_pytorch_tanh and"
            + " gelu are",
        "tie_word_embeddings must be true or false, not \"yes\"");
  }

  @Test
  void aFileThatIsNoConfiguration() {
    assertProblems("", "is empty");
    assertProblems("[]", "is not a JSON object");
    assertProblems(
        "{\"n_embd\": 1, \"n_embd\": 2}",
        "is not valid JSON at character 22: Duplicate Object property \"n_embd\"");
  }

  @Test
  void theGenerationConfigAloneNamesSpecialTokens() {
    String config = "{\"bos_token_id\": 1, \"eos_token_id\": 2}";
    assertTokens(config, "{}", OptionalInt.empty(), List.of());
    assertTokens(config, "{\"eos_token_id\": [3, 4]}", OptionalInt.empty(), List.of(3, 4));
    assertTokens(config, "{\"bos_token_id\": 5}", OptionalInt.of(5), List.of());
    assertTokens(config, "{\"eos_token_id\": null}", OptionalInt.empty(), List.of());
    assertTokens("{}", "{\"eos_token_id\": 2}", OptionalInt.empty(), List.of(2));
  }

  @Test
  void aWrongGenerationConfigIsNamed() {
    List<String> problems = new ArrayList<>();
    assertEquals(
        Optional.empty(),
        ConfigReader.read(bytes("{}"), bytes("{\"eos_token_id\": {}}"), problems));
    assertEquals(
        List.of("generation_config.json: eos_token_id must be a token or a list of tokens, not {}"),
        problems);
  }

  @ParameterizedTest
  @MethodSource("writable")
  void whatIsWrittenIsReadBack(Gpt2Config config) {
    for (DataType type : List.of(DataType.F32, DataType.F16, DataType.BF16)) {
      byte[] text = ConfigWriter.text(config, 0.02, type);
      assertEquals(config, read(new String(text, StandardCharsets.UTF_8)));
    }
  }

  static Stream<Gpt2Config> writable() {
    return Stream.concat(
        Stream.of(Gpt2Size.values()).map(Gpt2Size::config),
        Stream.of(
            Gpt2Config.builder()
                .vocabularySize(11)
                .contextLength(5)
                .embeddingWidth(6)
                .layers(1)
                .heads(3)
                .innerWidth(7)
                .activation(GeluForm.ERF)
                .layerNormEpsilon(0.1f)
                .scaleAttention(false)
                .scaleByInverseLayer(true)
                .tieWordEmbeddings(false)
                .bosToken(OptionalInt.empty())
                .eosTokens(List.of(3, 0))
                .build(),
            Gpt2Config.builder().eosTokens(List.of()).build()));
  }

  private static void assertTokens(
      String config, String generation, OptionalInt bos, List<Integer> eos) {
    Gpt2Config read =
        ConfigReader.read(bytes(config), bytes(generation), new ArrayList<>()).orElseThrow();
    assertEquals(bos, read.bosToken());
    assertEquals(eos, read.eosTokens());
  }

  private static Gpt2Config read(String text) {
    List<String> problems = new ArrayList<>();
    Optional<Gpt2Config> config = ConfigReader.read(bytes(text), null, problems);
    assertEquals(List.of(), problems);
    return config.orElseThrow();
  }

  private static void assertProblems(String text, String... expected) {
    List<String> problems = new ArrayList<>();
    assertEquals(Optional.empty(), ConfigReader.read(bytes(text), null, problems));
    assertEquals(Stream.of(expected).map(problem -> "config.json: " + problem).toList(), problems);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
