package gpt2j.bench.measure;

import gpt2j.api.Backend;
import gpt2j.api.KvCacheSpec;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Words;
import gpt2j.api.tensor.Usage;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.BenchException;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GenerationSample;
import gpt2j.bench.result.MemoryFigures;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.Extension;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Runs cases on one subject that differ in nothing but whether they use the cache. The session and
 * its memory are there before the clock starts and serve every repetition, as in a program that
 * stays. Decoding is greedy.
 *
 * <p>Without the cache the path is the same, and the model's own: see {@link Session#recompute}.
 */
public final class CaseRunner implements AutoCloseable {
  private final BenchContext context;
  private final Subject subject;
  private final Backend backend;
  private final Session session;
  private final Decoder decoder;
  private final int[][] prompts;
  private final int newTokens;
  private final long cacheBytes;
  private final int[] firstDrawn;

  /**
   * Returns when the model's context is long enough.
   *
   * @throws BenchException when it is too short
   */
  public static void requireFit(Subject subject, int promptTokens, int newTokens) {
    int context = subject.gpt2().config().contextLength();
    if (capacity(promptTokens, newTokens) > context) {
      throw BenchException.usage(
          "%s and %d new %s don't fit %s's context of %d"
              .formatted(
                  Words.count(promptTokens, "prompt token"),
                  newTokens,
                  newTokens == 1 ? "one" : "ones",
                  subject.model().name(),
                  context));
    }
  }

  private static long capacity(int promptTokens, int newTokens) {
    return (long) promptTokens + newTokens - 1; // the last token isn't evaluated
  }

  /**
   * Allocates what the case needs.
   *
   * @param of the case; {@link BenchmarkCase#useCache} is {@link #run}'s to choose
   * @param seed of the prompts
   * @throws BenchException when the model's context is too short
   */
  public CaseRunner(BenchContext context, Subject subject, BenchmarkCase of, long seed) {
    this.context = context;
    this.subject = subject;
    backend = subject.backend();
    newTokens = of.newTokens();
    Gpt2Config config = subject.gpt2().config();
    requireFit(subject, of.promptTokens(), newTokens);
    long capacity = capacity(of.promptTokens(), newTokens);
    long before = backend.memory().of(Usage.CACHE);
    session =
        subject
            .gpt2()
            .session(
                SessionOptions.defaults().withSequences(of.batch()).withCapacity((int) capacity));
    cacheBytes = backend.memory().of(Usage.CACHE) - before;
    try {
      firstDrawn = new int[newTokens];
      prompts = randomPrompts(of.batch(), of.promptTokens(), config.vocabularySize(), seed);
      decoder =
          session.decoder(SamplingParameters.greedy(), IntStream.range(0, of.batch()).toArray());
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** What is sampled at a moment of a generation. */
  interface Observer {
    /** The next step begins. */
    void begins();

    /**
     * The step's tokens have been read.
     *
     * @param index which token of each sequence, counted from 0
     */
    void ended(int index);
  }

  /** Watches the machine while repetitions run. */
  public Watch watch() {
    return new Watch(context.machine(), subject);
  }

  /** One repetition. */
  public GenerationSample run(boolean useCache) {
    LongSupplier clock = context.clock();
    clear();
    backend.synchronize();
    List<Extension> extensions = extensions();
    long[] steps = new long[newTokens - 1];

    long start = clock.getAsLong();
    session.prefill(extensions);
    backend.synchronize();
    long prefilled = clock.getAsLong();
    firstDrawn[0] = decoder.next()[0]; // reads the tokens, and so waits for the device
    long first = clock.getAsLong();
    long last = first;
    for (int i = 0; i < steps.length; i++) {
      context.check();
      firstDrawn[i + 1] = step(useCache)[0];
      long now = clock.getAsLong();
      steps[i] = now - last;
      last = now;
    }
    return new GenerationSample(
        prefilled - start, first - start, LongStream.of(steps).boxed().toList());
  }

  /** A token after the first, as the model itself goes on with the cache or without. */
  private int[] step(boolean useCache) {
    if (!useCache) {
      session.recompute();
    }
    return decoder.next();
  }

  /** The tokens that the last repetition drew for the first sequence. */
  public List<Integer> drawn() {
    return IntStream.of(firstDrawn).boxed().toList();
  }

  /** One repetition, with somebody told before and after each step, and no time taken. */
  void observe(boolean useCache, Observer observer) {
    observeFirst(observer);
    for (int i = 1; i < newTokens; i++) {
      context.check();
      observer.begins();
      step(useCache);
      observer.ended(i);
    }
  }

  /** Prefill and the first token. */
  private int[] observeFirst(Observer observer) {
    clear();
    observer.begins();
    session.prefill(extensions());
    int[] drawn = decoder.next();
    observer.ended(0);
    return drawn;
  }

  /**
   * The same, each token after the first evaluated as a prefill of one row rather than by the
   * recorded step, which some devices can only time as a whole.
   */
  void observeUnrecorded(Observer observer) {
    int[] drawn = observeFirst(observer);
    for (int i = 1; i < newTokens; i++) {
      context.check();
      int[] tokens = drawn;
      observer.begins();
      session.prefill(
          IntStream.range(0, tokens.length).mapToObj(s -> new Extension(s, tokens[s])).toList());
      drawn = decoder.next();
      observer.ended(i);
    }
  }

  /**
   * The memory of this case.
   *
   * @param peakResident peak of resident memory during the repetitions
   */
  public MemoryFigures memory(OptionalLong peakResident) {
    Gpt2Config config = subject.gpt2().config();
    KvCacheSpec aPosition =
        new KvCacheSpec(
            config.layers(), config.heads(), config.headSize(), 1, 1, subject.gpt2().cacheType());
    long tokens = IntStream.range(0, session.sequences()).mapToLong(session::length).sum();
    return new MemoryFigures(
        cacheBytes, tokens * aPosition.bytesPerPosition(), backend.memory().bytes(), peakResident);
  }

  private void clear() {
    for (int i = 0; i < session.sequences(); i++) {
      session.clear(i);
    }
  }

  private List<Extension> extensions() {
    return IntStream.range(0, prompts.length).mapToObj(i -> new Extension(i, prompts[i])).toList();
  }

  /**
   * As many prompts as a batch has sequences, all different.
   *
   * @return {@code [batch][length]}; the same arguments give the same tokens
   */
  public static int[][] randomPrompts(int batch, int length, int vocabulary, long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    int[][] prompts = new int[batch][];
    for (int i = 0; i < batch; i++) {
      prompts[i] = random.ints(length, 0, vocabulary).toArray();
    }
    return prompts;
  }

  @Override
  public void close() {
    decoder.close();
    session.close();
  }
}
