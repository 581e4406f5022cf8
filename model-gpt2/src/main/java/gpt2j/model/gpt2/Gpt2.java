package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.Lifetime;
import gpt2j.api.Operations;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.inference.Forward;
import gpt2j.model.gpt2.inference.Weights;
import gpt2j.model.gpt2.memory.Locked;
import gpt2j.model.gpt2.memory.Resources;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A GPT-2 model whose weights lie with a backend. Immutable: any number of {@linkplain Session
 * sessions}, generations and threads share one. They take turns at the backend, in the order in
 * which they ask, a step or a chunk of a prompt at a time.
 *
 * <p>The backend is the caller's: it is opened before the model and closed after it; sessions and
 * generations are closed before the model. Any thread may close any of them at any time, though:
 * the step or chunk under way ends first, and whoever goes on gets an {@link IllegalStateException}
 * that says what is closed. What is forgotten is closed by the garbage collector, and the log says
 * so.
 *
 * <p>Interrupting a thread ends its work before the next step or chunk, also while it waits for its
 * turn; the thread stays interrupted. A {@link Generation} ends with {@link
 * FinishReason#CANCELLED}; what has no such result throws {@link CancellationException}.
 */
public final class Gpt2 implements AutoCloseable {
  private final Gpt2Config config;
  private final Tokenizer tokenizer;
  private final Backend backend;
  private final Path source;
  private final WeightFormat precision;
  private final WeightFormat cacheType;
  private final Resources resources = new Resources();
  private final Weights weights;
  private final Forward forward;
  private final @Nullable BitSet drawable;
  private final Lifetime lifetime;

  private Gpt2(
      Checkpoint checkpoint, Supplier<Tokenizer> tokenizer, Backend backend, LoadOptions options) {
    if (!backend.supports(options.precision())) {
      throw new UnsupportedException(
          "%s can't keep weights as %s".formatted(backend.device().name(), options.precision()));
    }
    this.backend = backend;
    source = checkpoint.directory();
    config = checkpoint.config();
    precision = options.precision();
    cacheType = options.cacheType();
    checkpoint.notes().forEach(options.notes());
    try {
      weights = new WeightsLoader(checkpoint, backend, options, resources).load();
      this.tokenizer = tokenizer.get();
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
    drawable = drawable(this.tokenizer, config.vocabularySize());
    forward = forward(backend.operations());
    lifetime = backend.lifetime(this, "model");
  }

  /** The tokens that have a text; null where all have. */
  private static @Nullable BitSet drawable(Tokenizer tokenizer, int vocabularySize) {
    BitSet tokens = new BitSet(vocabularySize);
    for (int token = 0; token < vocabularySize; token++) {
      tokens.set(token, tokenizer.has(token));
    }
    return tokens.cardinality() == vocabularySize ? null : tokens;
  }

  /** Loads a checkpoint and its tokenizer, in float32, from what {@link Checkpoint#open} takes. */
  public static Gpt2 load(Path path, Backend backend) {
    return load(path, backend, LoadOptions.defaults());
  }

  /**
   * Loads a checkpoint and its tokenizer.
   *
   * @param path a directory or a file, as {@link Checkpoint#open} takes
   * @throws CheckpointException when the checkpoint is not a GPT-2 that can be run exactly
   * @throws TokenizerException when the tokenizer can't be used
   * @throws UnsupportedException when the backend doesn't have the precision
   * @throws gpt2j.api.OutOfMemoryException when the weights don't fit
   * @throws CancellationException when the thread is interrupted
   */
  public static Gpt2 load(Path path, Backend backend, LoadOptions options) {
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      CompletableFuture<Tokenizer> tokenizer =
          CompletableFuture.supplyAsync(() -> CheckpointTokenizer.of(checkpoint).tokenizer());
      return new Gpt2(checkpoint, tokenizer::join, backend, options);
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Loads an open checkpoint, which isn't needed afterwards. */
  public static Gpt2 load(
      Checkpoint checkpoint, Tokenizer tokenizer, Backend backend, LoadOptions options) {
    return load(checkpoint, () -> tokenizer, backend, options);
  }

  /**
   * The same with a tokenizer that is asked for once the weights are loaded, so that it can be
   * loaded beside them.
   */
  public static Gpt2 load(
      Checkpoint checkpoint, Supplier<Tokenizer> tokenizer, Backend backend, LoadOptions options) {
    return new Gpt2(checkpoint, tokenizer, backend, options);
  }

  public Gpt2Config config() {
    return config;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** Where the weights lie. */
  public Backend backend() {
    return backend;
  }

  /** How the backend keeps weight matrices. */
  public WeightFormat precision() {
    return precision;
  }

  /** How keys and values are stored in sessions that don't say otherwise. */
  public WeightFormat cacheType() {
    return cacheType;
  }

  /** Bytes of all weights as the backend keeps them. */
  public long weightBytes() {
    return weights.bytes();
  }

  /** A session for one sequence of the whole context. */
  public Session session() {
    return session(SessionOptions.defaults());
  }

  public Session session(SessionOptions options) {
    requireOpen();
    return new Session(this, options, null);
  }

  /**
   * Generates to the end.
   *
   * @return {@code samples} completions for each prompt, prompt by prompt
   * @throws IllegalArgumentException as {@link #start} does
   * @throws NonFiniteException when logits aren't numbers
   */
  public List<Completion> generate(GenerationRequest request) {
    return generate(request, event -> {});
  }

  /** Generates to the end and tells {@code listener} what happens, as it happens. */
  public List<Completion> generate(
      GenerationRequest request, Consumer<? super GenerationEvent> listener) {
    return generate(List.of(request), listener);
  }

  /**
   * Generates for several requests in one batch, each with its own seed, parameters, length and so
   * on, until the last has ended. Each becomes what it would become alone, save for near ties that
   * rounding turns.
   *
   * @return the completions of each request, one request after another
   */
  public List<Completion> generate(
      List<GenerationRequest> requests, Consumer<? super GenerationEvent> listener) {
    try (Generation generation = start(requests)) {
      generation.forEachRemaining(listener);
      return generation.completions();
    }
  }

  /**
   * Starts to generate; the events that the generation iterates over do the work. Where logits
   * aren't numbers, iterating throws {@link NonFiniteException}, after the events of the tokens
   * before.
   *
   * @throws IllegalArgumentException when a prompt is empty, has a token outside the vocabulary, or
   *     is longer than the context and the request says {@link ContextOverflow#STOP}; when a token
   *     that is allowed or has a logit bias is outside the vocabulary; when one that is allowed has
   *     no text, as where an embedding was padded
   */
  public Generation start(GenerationRequest request) {
    return start(List.of(request));
  }

  /** The same for several requests in one batch. */
  public Generation start(List<GenerationRequest> requests) {
    requireOpen();
    return new Generation(this, requests);
  }

  /** How probable the model finds a text. */
  public Score score(String text, ScoreOptions options) {
    return score(tokenizer.encode(text), options);
  }

  /**
   * How probable the model finds tokens.
   *
   * @throws IllegalArgumentException when there are fewer than two, or one is outside the
   *     vocabulary
   * @throws NonFiniteException when logits aren't numbers
   * @throws CancellationException when the thread is interrupted
   */
  public Score score(int[] tokens, ScoreOptions options) {
    requireOpen();
    return new Scorer(this, tokens.clone(), options).score();
  }

  /** Gives the weights back. Twice does nothing. */
  @Override
  public void close() {
    if (lifetime.end()) {
      Locked.run(backend, resources::close);
    }
  }

  Forward forward() {
    return forward;
  }

  /** The forward pass by other operations, of the same backend. */
  Forward forward(Operations operations) {
    return new Forward(config, weights, operations, backend.profiler());
  }

  Weights weights() {
    return weights;
  }

  /**
   * The tokens that may be drawn, not to be changed: those that have a text; null for all. An
   * embedding that was padded has rows for others, which mean nothing.
   */
  @Nullable BitSet drawable() {
    return drawable;
  }

  /** What it was loaded from, for messages. */
  Path source() {
    return source;
  }

  void requireOpen() {
    lifetime.requireOpen();
  }

  /** Throws {@link IllegalArgumentException} for the first token that is not in the vocabulary. */
  void checkTokens(int... tokens) {
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= config.vocabularySize()) {
        throw new IllegalArgumentException(
            "token %d at index %d is outside the vocabulary 0 … %d"
                .formatted(tokens[i], i, config.vocabularySize() - 1));
      }
    }
  }
}
