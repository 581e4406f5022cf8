package gpt2j.cli.options;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.KvCache;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.Heartbeat;
import gpt2j.cli.io.Progress;
import gpt2j.cli.io.UserError;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Loads a model, as fast as can be: the tokenizer and the text beside the weights. A text that the
 * model can't take ends loading, however large the weights.
 */
public final class ModelLoader {
  private final CommandContext context;
  private final ModelOptions options;
  private final UnaryOperator<Backend> around;

  public ModelLoader(CommandContext context, ModelOptions options) {
    this(context, options, UnaryOperator.identity());
  }

  /**
   * A loader.
   *
   * @param around puts something around the backend, on which the model is then loaded
   */
  public ModelLoader(CommandContext context, ModelOptions options, UnaryOperator<Backend> around) {
    this.context = context;
    this.options = options;
    this.around = around;
  }

  /**
   * Loads the model that the options name.
   *
   * @param encode makes tokens of the text to work on, and throws when the model can't take them;
   *     called by another thread
   */
  public LoadedModel load(BiFunction<Tokenizer, Gpt2Config, int[]> encode) {
    long start = System.nanoTime();
    BackendProvider provider = options.backend(context);
    BackendOptions backendOptions = options.backendOptions(provider);
    options.locate();
    CompletableFuture<Checkpoint> opening = new CompletableFuture<>();
    CompletableFuture<Tokenizer> tokenizer =
        begin("tokenizer", () -> options.loadTokenizer(() -> result(opening)));
    CompletableFuture<Backend> backend =
        begin("backend", () -> around.apply(provider.open(backendOptions)));
    try (Checkpoint checkpoint = open(opening)) {
      CompletableFuture<int[]> tokens =
          tokenizer.thenApply(loaded -> encode.apply(loaded, checkpoint.config()));
      Backend opened = result(backend);
      requireSupport(provider, opened, options.precision());
      requireCache(opened, options.cachePrecision());
      Gpt2 model = load(checkpoint, tokenizer, tokens, opened);
      Duration time = Duration.ofNanos(System.nanoTime() - start);
      return new LoadedModel(provider.name(), opened, model, encoded(tokens), time);
    } catch (RuntimeException | Error e) {
      backend.thenAccept(Backend::close);
      throw e;
    }
  }

  private Checkpoint open(CompletableFuture<Checkpoint> opening) {
    try {
      Checkpoint checkpoint = options.openCheckpoint();
      opening.complete(checkpoint);
      return checkpoint;
    } catch (RuntimeException | Error e) {
      opening.completeExceptionally(e);
      throw e;
    }
  }

  /** The tokenizer of a checkpoint. */
  public static Tokenizer loadTokenizer(Path path) {
    return tokenizer(path, () -> CheckpointTokenizer.of(path));
  }

  /** The tokenizer of a checkpoint that is opened meanwhile. */
  static Tokenizer loadTokenizer(Path path, Supplier<Checkpoint> checkpoint) {
    return tokenizer(path, () -> CheckpointTokenizer.of(path, checkpoint));
  }

  private static Tokenizer tokenizer(Path path, Supplier<CheckpointTokenizer> from) {
    try {
      return from.get().tokenizer();
    } catch (TokenizerException e) {
      String message = e.getMessage();
      String prefix = path + ": ";
      throw UserError.failure(message.startsWith(prefix) ? message : prefix + message);
    }
  }

  private static void requireSupport(
      BackendProvider provider, Backend backend, WeightFormat precision) {
    if (!backend.supports(precision)) {
      String supported =
          Choice.list(
              Arrays.stream(WeightFormat.values())
                  .filter(backend::supports)
                  .map(Choice::lowerCase)
                  .toList());
      throw UserError.failure(
          "--precision: the backend %s doesn't have %s; choose %s"
              .formatted(provider.name(), Choice.lowerCase(precision), supported));
    }
  }

  /** A small cache tells, in the backend's own words. */
  private static void requireCache(Backend backend, WeightFormat type) {
    try (KvCache small = backend.kvCache(new KvCacheSpec(1, 1, 1, 1, 1, type))) {
      assert small.spec().type() == type;
    } catch (UnsupportedException e) {
      throw UserError.failure(ModelOptions.CACHE_PRECISION + ": " + e.getMessage());
    }
  }

  private Gpt2 load(
      Checkpoint checkpoint,
      CompletableFuture<Tokenizer> tokenizer,
      CompletableFuture<int[]> tokens,
      Backend backend) {
    try (Progress progress = new Progress(context, "loading")) {
      LoadOptions loading =
          LoadOptions.defaults()
              .withPrecision(options.precision())
              .withCacheType(options.cachePrecision())
              .withProgress(
                  (bytes, total) -> {
                    if (tokens.isCompletedExceptionally()) {
                      result(tokens);
                    }
                    progress.report(bytes, total);
                  })
              .withNotes(note -> context.say("note: " + note));
      return Gpt2.load(checkpoint, () -> result(tokenizer), backend, loading);
    }
  }

  /** The tokens; a text of some MiB may take longer than the weights. */
  private int[] encoded(CompletableFuture<int[]> tokens) {
    try (Heartbeat _ = new Heartbeat(context, () -> "making tokens of the text")) {
      return result(tokens);
    }
  }

  private static <T> CompletableFuture<T> begin(String name, Supplier<T> work) {
    return CompletableFuture.supplyAsync(
        work, task -> Thread.ofPlatform().name(name).daemon().start(task));
  }

  /** What a task returns or throws. */
  private static <T> T result(CompletableFuture<T> task) {
    try {
      return task.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw e;
      }
    }
  }

  /**
   * A model that is ready.
   *
   * @param backendName the name that users give its backend
   * @param tokens the tokens of the text to work on
   * @param loadTime how long all that took
   */
  public record LoadedModel(
      String backendName, Backend backend, Gpt2 model, int[] tokens, Duration loadTime)
      implements AutoCloseable {
    @Override
    public void close() {
      model.close();
      backend.close();
    }
  }
}
