package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.FinishReason;
import gpt2j.model.gpt2.Generation;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.ScoreOptions;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import gpt2j.model.gpt2.training.TrainingBatch;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingOptions;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * One backend, one model, and threads that each do something with them: use them, close them, or
 * disturb the others. What is done depends on a seed alone; who comes first does not.
 */
final class LifeRound {
  /** What may be told to somebody whose backend, model or handle others have closed. */
  private static final Pattern CLOSED =
      Pattern.compile(
          "the (\\w+ backend|model|session|generation|decoder|training model|tensor) is closed");

  private static final int THREADS = 16;
  private static final int LONGEST_PAUSE = 25; // log₂ of nanoseconds
  private static final TrainingOptions TRAINING = TrainingOptions.of(2, 5).withDropout(0.1f);

  private final LifeSubject subject;
  private final long seed;
  private final Backend backend;
  private final Gpt2 model;
  private final Queue<AutoCloseable> open = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Thread[] threads = new Thread[THREADS];
  private final CyclicBarrier start = new CyclicBarrier(THREADS);
  private final AtomicInteger disturbed = new AtomicInteger();

  LifeRound(LifeSubject subject, long seed) {
    this.subject = subject;
    this.seed = seed;
    backend = subject.open();
    model = subject.load(backend, LoadOptions.defaults());
  }

  /** Runs it; returns how many were ended by what others did. */
  int run() throws InterruptedException {
    Random random = new Random(seed);
    for (int i = 0; i < THREADS; i++) {
      Random own = new Random(random.nextLong());
      threads[i] = Thread.ofPlatform().daemon().name("life-" + i).unstarted(() -> runOnce(own));
    }
    for (Thread thread : threads) {
      thread.start();
    }
    long end = System.nanoTime() + 600_000_000_000L;
    for (Thread thread : threads) {
      thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
      if (thread.isAlive()) {
        throw hung();
      }
    }
    backend.close();
    assertEquals(0, backend.memory().total(), "memory after closing");
    for (Throwable failure : failures) {
      throw new AssertionError("seed " + seed + ": " + failure, failure);
    }
    return disturbed.get();
  }

  private AssertionError hung() {
    StringBuilder stacks = new StringBuilder("seed " + seed + " hangs:");
    Thread.getAllStackTraces()
        .forEach(
            (thread, stack) -> {
              stacks.append("\n\n").append(thread);
              Arrays.stream(stack).forEach(frame -> stacks.append("\n  ").append(frame));
            });
    return new AssertionError(stacks.toString());
  }

  private void runOnce(Random random) {
    try {
      start.await();
      for (int i = random.nextInt(3); i >= 0; i--) {
        act(random);
      }
    } catch (CancellationException e) {
      disturbed.incrementAndGet();
      if (!Thread.interrupted()) {
        failures.add(new AssertionError("cancelled without an interrupt", e));
      }
    } catch (IllegalStateException e) {
      disturbed.incrementAndGet();
      if (!CLOSED.matcher(String.valueOf(e.getMessage())).matches()) {
        failures.add(e);
      }
    } catch (InterruptedException e) {
      disturbed.incrementAndGet(); // before the start
    } catch (Throwable e) {
      failures.add(e);
    }
  }

  private void act(Random random) throws Exception {
    switch (random.nextInt(30)) {
      case 0, 1, 2, 3, 4, 22, 23, 24, 25 -> generate(random, true);
      case 5 -> generate(random, false);
      case 6, 7, 26, 27 -> decode(random, true);
      case 8 -> decode(random, false);
      case 9, 10 -> score(random);
      case 11, 12, 28, 29 -> train(random);
      case 13 -> loadAnother(random);
      case 14 -> tensors(random);
      case 15 -> profile();
      case 16, 17 -> interrupt(random);
      case 18, 19 -> closeOne();
      case 20 -> later(random, model);
      case 21 -> later(random, backend);
      default -> throw new AssertionError();
    }
  }

  /** Greedy, so that each token must be what it always is. */
  private void generate(Random random, boolean closing) {
    int[] prompt = subject.text(random.nextInt(1, LifeSubject.MOST_TOKENS));
    GenerationRequest request =
        GenerationRequest.of(Prompt.of(prompt))
            .withMaxNewTokens(random.nextInt(1, 10))
            .withSamples(random.nextInt(1, 3));
    Generation generation = model.start(request);
    open.add(generation);
    int events = 0;
    int cancelAt = random.nextInt(20);
    while (generation.hasNext()) {
      generation.next();
      if (events++ == cancelAt) {
        generation.cancel();
      }
    }
    for (Completion completion : generation.completions()) {
      int[] tokens = tokens(completion);
      subject.requireContinuation(prompt, tokens);
      assertTrue(
          completion.finishReason() == FinishReason.CANCELLED
              || tokens.length == request.maxNewTokens(),
          completion.toString());
    }
    if (closing) {
      generation.close();
    }
  }

  static int[] tokens(Completion completion) {
    return completion.tokens().stream().mapToInt(Integer::intValue).toArray();
  }

  private void decode(Random random, boolean closing) {
    int[] prompt = subject.text(random.nextInt(1, LifeSubject.MOST_TOKENS));
    Session session = model.session(SessionOptions.defaults().withPrefillChunk(3));
    open.add(session);
    session.prefill(0, prompt);
    Decoder decoder = session.decoder(SamplingParameters.greedy(), 0);
    open.add(decoder);
    int[] tokens = new int[random.nextInt(1, 10)];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = decoder.next()[0];
    }
    subject.requireContinuation(prompt, tokens);
    if (closing) {
      decoder.close();
      session.close();
    }
  }

  private void score(Random random) {
    int[] text = subject.text(random.nextInt(2, 40));
    double expected = subject.meanNll(text);
    assertEquals(expected, model.score(text, ScoreOptions.defaults()).meanNll(), 1e-3);
  }

  private void train(Random random) {
    TrainingModel training = TrainingModel.random(model.config(), TRAINING, backend);
    open.add(training);
    int[] tokens = subject.text(TRAINING.rows());
    TrainingBatch batch = new TrainingBatch(tokens, tokens);
    for (int step = random.nextInt(3); step >= 0; step--) {
      double loss = training.trainStep(List.of(batch, batch), 1e-3).loss().mean();
      assertTrue(loss > 0 && loss < 20, "loss " + loss);
    }
    training.close();
  }

  private void loadAnother(Random random) {
    Gpt2 another = subject.load(backend, LoadOptions.defaults());
    open.add(another);
    int[] prompt = subject.text(random.nextInt(1, LifeSubject.MOST_TOKENS));
    Completion completion =
        another.generate(GenerationRequest.of(Prompt.of(prompt)).withMaxNewTokens(3)).getFirst();
    subject.requireContinuation(prompt, tokens(completion));
    another.close();
  }

  /** Without the lock, as a careless user of tensors would. */
  private void tensors(Random random) {
    for (int round = 0; round < 5; round++) {
      int size = random.nextInt(1, 3000);
      Tensor tensor = backend.allocate(DataType.F32, Shape.of(size), Usage.ACTIVATION);
      open.add(tensor);
      float[] values = new float[size];
      Arrays.fill(values, round);
      backend.write(tensor, MemorySegment.ofArray(values));
      float[] read = new float[size];
      backend.read(tensor, MemorySegment.ofArray(read));
      assertArrayEquals(values, read);
      tensor.close();
    }
  }

  private void profile() {
    backend.lock().lock();
    try {
      backend.profiler().start();
      backend.synchronize();
      backend.profiler().stop();
    } finally {
      backend.lock().unlock();
    }
  }

  private void interrupt(Random random) {
    pause(random);
    threads[random.nextInt(THREADS)].interrupt();
  }

  private void closeOne() throws Exception {
    AutoCloseable handle = open.poll();
    if (handle != null) {
      handle.close();
    }
  }

  private void later(Random random, AutoCloseable what) throws Exception {
    pause(random);
    what.close();
  }

  private void pause(Random random) {
    LockSupport.parkNanos(random.nextLong(1L << random.nextInt(1, LONGEST_PAUSE)));
  }
}
