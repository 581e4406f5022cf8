package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.SamplingParameters;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.ContextOverflow;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.Extension;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.NonFiniteException;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.testkit.ReferenceBackendProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A backend and the reference backend side by side on one model: equal logits, and equal tokens for
 * equal seeds, in every type that weights and caches can have.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AgreementContract {
  private static final String CHECKPOINT = "gelu-erf";

  /**
   * With keys and values in 16 bits. Where sums in another order round to another neighbour, an
   * element is off by 2⁻¹¹ of itself in float16, by 2⁻⁸ in bfloat16.
   */
  private static final Map<WeightFormat, Double> CACHE_TOLERANCE =
      Map.of(WeightFormat.F16, 1e-3, WeightFormat.BF16, 8e-3, WeightFormat.Q8_0, 1e-2);

  private static final int NEW_TOKENS = 16;
  private static final int[] PROMPT_LENGTHS = {1, 9, 4};

  private final Map<WeightFormat, Gpt2> models = new EnumMap<>(WeightFormat.class);
  private final Map<WeightFormat, Gpt2> references = new EnumMap<>(WeightFormat.class);
  private Backend backend;
  private Backend reference;

  /** Types of weights and of the cache. */
  record Types(WeightFormat weights, WeightFormat cache) {}

  /** What is compared with the reference. */
  abstract BackendProvider provider();

  /** How far logits may be off with a cache of float32, relative to the larger of 1 and them. */
  abstract double tolerance(WeightFormat precision);

  @BeforeAll
  final void open() {
    reference = new ReferenceBackendProvider().open(BackendOptions.defaults());
    backend = provider().open(BackendOptions.defaults());
  }

  @AfterAll
  final void close() {
    models.values().forEach(Gpt2::close);
    references.values().forEach(Gpt2::close);
    backend.close();
    reference.close();
  }

  /** All that the backend has. */
  final Stream<Types> types() {
    return Stream.of(WeightFormat.values())
        .filter(backend::supports)
        .flatMap(
            precision ->
                Stream.of(WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16, WeightFormat.Q8_0)
                    .filter(this::hasCache)
                    .map(cache -> new Types(precision, cache)));
  }

  private boolean hasCache(WeightFormat type) {
    try (var _ = backend.kvCache(new KvCacheSpec(1, 1, 8, 1, 8, type))) {
      return true;
    } catch (UnsupportedException e) {
      return false;
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  final void logits(Types types) {
    double tolerance =
        Math.max(tolerance(types.weights), CACHE_TOLERANCE.getOrDefault(types.cache, 0.0));
    int[] text = text(1, 48);
    SessionOptions options = SessionOptions.defaults().withCacheType(types.cache);
    for (int chunk : new int[] {1000, 7, 1}) {
      float[][] expected;
      float[][] actual;
      try (Session session = reference(types).session(options.withPrefillChunk(chunk))) {
        expected = session.evaluate(0, text);
      }
      try (Session session = model(types).session(options.withPrefillChunk(chunk))) {
        actual = session.evaluate(0, text);
      }
      for (int t = 0; t < text.length; t++) {
        for (int v = 0; v < expected[t].length; v++) {
          double bound = tolerance * Math.max(1, Math.abs(expected[t][v]));
          if (!(Math.abs(expected[t][v] - actual[t][v]) <= bound)) {
            assertEquals(
                expected[t][v],
                actual[t][v],
                bound,
                "chunks of %d, token %d, logit %d".formatted(chunk, t, v));
          }
        }
      }
    }
  }

  /** Three texts of different lengths, side by side. */
  @ParameterizedTest
  @MethodSource("types")
  final void tokensOfEqualSeeds(Types types) {
    for (SamplingParameters sampling : samplings(types)) {
      assertEquals(
          decode(reference(types), types.cache, sampling),
          decode(model(types), types.cache, sampling),
          sampling.toString());
    }
  }

  private static List<SamplingParameters> samplings(Types types) {
    SamplingParameters random = SamplingParameters.random(11);
    return types.cache == WeightFormat.F32
        ? List.of(
            SamplingParameters.greedy(),
            random,
            random.withSeed(12).withTemperature(0.7f),
            random.withSeed(13).withTopK(5),
            random.withSeed(14).withTopP(0.8f),
            random.withSeed(15).withMinP(0.02f).withRepetitionPenalty(1.3f),
            random.withSeed(16).withTemperature(1.4f).withTopK(12).withTopP(0.9f))
        : List.of(SamplingParameters.greedy(), random);
  }

  /** Several sessions at once, each on a thread of its own, all of one model. */
  @ParameterizedTest
  @MethodSource("types")
  final void sessionsAtOnce(Types types) throws Exception {
    List<Callable<List<List<Integer>>>> tasks = new ArrayList<>();
    for (int seed = 0; seed < 4; seed++) {
      SamplingParameters sampling = SamplingParameters.random(seed);
      tasks.add(() -> decode(model(types), types.cache, sampling));
    }
    model(types); // loaded before the threads ask for it
    try (ExecutorService threads = Executors.newFixedThreadPool(tasks.size())) {
      List<Future<List<List<Integer>>>> results = threads.invokeAll(tasks);
      for (int seed = 0; seed < tasks.size(); seed++) {
        assertEquals(
            decode(reference(types), types.cache, SamplingParameters.random(seed)),
            results.get(seed).get(),
            "seed " + seed);
      }
    }
  }

  /** Requests with seeds, parameters and lengths of their own, in one batch and each alone. */
  @Test
  final void severalRequestsAreAsIfAlone() {
    Types types = new Types(WeightFormat.F32, WeightFormat.F32);
    SamplingParameters random = SamplingParameters.random(11).withTopK(20).withTemperature(0.9f);
    GenerationRequest base =
        GenerationRequest.of(Prompt.of(text(3, 9))).withStopAtEndOfText(false).withMaxNewTokens(12);
    List<GenerationRequest> requests =
        List.of(
            base,
            base.withSampling(random).withSamples(2).withMaxNewTokens(5),
            base.withPrompts(List.of(Prompt.of(text(4, 17)), Prompt.of(text(5, 2))))
                .withSampling(random.withSeed(12).withFrequencyPenalty(0.7f))
                .withMaxNewTokens(20),
            base.withSampling(random.withSeed(13).withRepetitionPenalty(1.3f)).withUseCache(false),
            base.withSampling(
                    SamplingParameters.greedy()
                        .withPresencePenalty(1)
                        .withLogitBias(Map.of(3, 2f, 9, -4f)))
                .withMaxNewTokens(1),
            base.withSampling(SamplingParameters.random(14).withMinP(0.05f)).withMaxNewTokens(16),
            base.withSampling(random.withSeed(15))
                .withAllowedTokens(Set.of(1, 2, 3, 5, 8))
                .withMaxNewTokens(30),
            base.withAllowedTokens(Set.of(4)).withMaxNewTokens(3));
    List<List<Integer>> alone =
        requests.stream().flatMap(request -> generate(model(types), request).stream()).toList();
    List<List<Integer>> together =
        model(types).generate(requests, event -> {}).stream().map(Completion::tokens).toList();
    assertEquals(alone, together);
    List<List<Integer>> expected =
        reference(types).generate(requests, event -> {}).stream().map(Completion::tokens).toList();
    assertEquals(expected, together);
    assertEquals(
        List.of(12, 5, 5, 20, 20, 12, 1, 16, 30, 3), together.stream().map(List::size).toList());
    assertEquals(Set.of(1, 2, 3, 5, 8), Set.copyOf(together.get(8)));
    assertEquals(List.of(4, 4, 4), together.getLast());
  }

  /** Past the end of the context, cached and uncached. */
  @ParameterizedTest
  @EnumSource
  final void generationPastTheContext(ContextOverflow overflow) {
    Types types = new Types(WeightFormat.F32, WeightFormat.F32);
    GenerationRequest request =
        GenerationRequest.of(Prompt.of(text(2, 40)))
            .withSampling(SamplingParameters.random(3).withTopK(20))
            .withSamples(2)
            .withStopAtEndOfText(false)
            .withMaxNewTokens(30)
            .withContextOverflow(overflow);
    List<List<Integer>> expected = generate(reference(types), request);
    assertEquals(expected, generate(model(types), request));
    assertEquals(expected, generate(model(types), request.withUseCache(false)), "uncached");
    int length = overflow == ContextOverflow.STOP ? 9 : 30;
    assertTrue(expected.stream().allMatch(tokens -> tokens.size() == length));
  }

  /** The same layer is blamed, at the same token, however far ahead the device is. */
  @ParameterizedTest
  @ValueSource(
      strings = {"wpe.weight", "h.0.attn.c_attn.bias", "h.1.mlp.c_proj.weight", "ln_f.weight"})
  final void whatIsNotANumber(String tensor) {
    for (boolean cache : new boolean[] {true, false}) {
      GenerationRequest request =
          GenerationRequest.of(Prompt.of(text(2, 5)))
              .withSampling(SamplingParameters.random(3).withTopK(cache ? 20 : 0))
              .withSamples(2)
              .withUseCache(cache)
              .withStopAtEndOfText(false)
              .withMaxNewTokens(9);
      List<String> expected = untilItFails(tensor, reference, request);
      assertEquals(Optional.of(tensor.replaceFirst("\\.\\w+$", "")).toString(), expected.getLast());
      assertEquals(tensor.equals("wpe.weight") ? 11 : 1, expected.size(), expected.toString());
      assertEquals(expected, untilItFails(tensor, backend, request));
    }
  }

  /** The tokens of two samples before the failure, and the layer. */
  private static List<String> untilItFails(
      String tensor, Backend backend, GenerationRequest request) {
    Path path = Golden.resource("golden").resolve(CHECKPOINT);
    List<String> result = new ArrayList<>();
    try (Checkpoint good = Checkpoint.open(path);
        Checkpoint bad =
            Checkpoint.of(
                good.config(),
                name -> name.equals(tensor) ? spoilt(good.tensor(name)) : good.tensor(name));
        Gpt2 model = Gpt2.load(bad, Tokenizer.load(path), backend, LoadOptions.defaults())) {
      NonFiniteException e =
          assertThrows(
              NonFiniteException.class,
              () -> model.generate(request, event -> result.add(event.toString())));
      result.add(e.layer().toString());
    }
    return result;
  }

  /** A tensor, with NaN in the tenth row of a matrix, or in a vector. */
  private static HostTensor spoilt(HostTensor tensor) {
    float[] values = new float[(int) tensor.shape().elements()];
    tensor.copyTo(0, values, 0, values.length);
    values[tensor.shape().rank() == 1 ? 0 : 9 * tensor.shape().size(1)] = Float.NaN;
    return HostTensor.of(tensor.name(), tensor.shape(), values);
  }

  private static List<List<Integer>> generate(Gpt2 model, GenerationRequest request) {
    return model.generate(request).stream().map(Completion::tokens).toList();
  }

  /** The tokens that follow each prompt. */
  private static List<List<Integer>> decode(
      Gpt2 model, WeightFormat cache, SamplingParameters sampling) {
    int count = PROMPT_LENGTHS.length;
    SessionOptions options = SessionOptions.defaults().withSequences(count).withCacheType(cache);
    try (Session session = model.session(options)) {
      session.prefill(
          IntStream.range(0, count)
              .mapToObj(i -> new Extension(i, text(i, PROMPT_LENGTHS[i])))
              .toList());
      List<List<Integer>> drawn =
          IntStream.range(0, count).<List<Integer>>mapToObj(_ -> new ArrayList<>()).toList();
      try (Decoder decoder = session.decoder(sampling, IntStream.range(0, count).toArray())) {
        for (int step = 0; step < NEW_TOKENS; step++) {
          int[] next = decoder.next();
          IntStream.range(0, count).forEach(i -> drawn.get(i).add(next[i]));
        }
      }
      return drawn;
    }
  }

  private static int[] text(int seed, int length) {
    return Arrays.copyOf(new Random(seed).ints(48, 0, 47).toArray(), length);
  }

  private Gpt2 model(Types types) {
    return models.computeIfAbsent(types.weights, precision -> load(precision, backend));
  }

  private Gpt2 reference(Types types) {
    return references.computeIfAbsent(types.weights, precision -> load(precision, reference));
  }

  private static Gpt2 load(WeightFormat precision, Backend backend) {
    return Gpt2.load(
        Golden.resource("golden").resolve(CHECKPOINT),
        backend,
        LoadOptions.defaults().withPrecision(precision));
  }
}
