package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.ContextOverflow;
import gpt2j.model.gpt2.FinishReason;
import gpt2j.model.gpt2.GenerationEvent;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.engine.Engine;
import gpt2j.model.gpt2.engine.EngineOptions;
import gpt2j.model.gpt2.engine.EngineStatistics;
import gpt2j.model.gpt2.engine.Submission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Random requests that one engine is given side by side, each with a reader of its own kind. The
 * order in which an engine does things depends on threads; what comes of a request must not.
 */
final class EngineCompany {
  private static final int REQUESTS = 12;

  /** What there was in all companies. */
  static final class Seen {
    private int requests;
    private int compared; // samples
    private int cancelled;
    private long hits;
    private long evictions;

    int requests() {
      return requests;
    }

    /** Whether there was something of all, if there was time for it. */
    boolean isOfAllKinds() {
      return compared > requests / 2
          && hits > 0
          && (requests < 40 || (cancelled > 0 && evictions > 0));
    }

    @Override
    public String toString() {
      return "%d requests, %d samples compared, %d of them cancelled; %d prefix hits, %d evictions"
          .formatted(requests, compared, cancelled, hits, evictions);
    }
  }

  /** How a request is read. */
  private record Reader(int cancelAfter, boolean closes, boolean slow) {}

  private final Gpt2 model;
  private final String name;
  private final Random random;
  private final int vocabulary;
  private final int context;
  private final Seen seen;
  private final List<int[]> beginnings = new ArrayList<>();

  EngineCompany(Gpt2 model, long seed, Seen seen) {
    this.model = model;
    this.seen = seen;
    name = "company " + seed;
    random = new Random(seed);
    vocabulary = model.config().vocabularySize();
    context = model.config().contextLength();
  }

  void run() throws InterruptedException {
    IntStream.range(0, 3).forEach(i -> beginnings.add(tokens(33 + random.nextInt(60))));
    EngineOptions options =
        EngineOptions.defaults()
            .withRows(1 + random.nextInt(5))
            .withSpareSlots(random.nextInt(3))
            .withPrefillChunk(new int[] {1, 7, 16, 64}[random.nextInt(4)])
            .withUnread(new int[] {1, 3, 100}[random.nextInt(3)]);
    List<GenerationRequest> requests = new ArrayList<>();
    List<List<Completion>> results = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    try (Engine engine = Engine.start(model, options)) {
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        requests.add(request());
        results.add(List.of());
        Reader reader = reader();
        Submission submission = engine.submit(requests.get(i));
        int index = i;
        readers.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        List<Completion> read = read(submission, reader);
                        synchronized (results) {
                          results.set(index, read);
                        }
                      } catch (Throwable e) {
                        synchronized (results) {
                          failures.add(e);
                        }
                      }
                    }));
        if (random.nextInt(3) == 0) {
          Thread.sleep(random.nextInt(4)); // so that some have ended when others come
        }
      }
      for (Thread reader : readers) {
        reader.join();
      }
      EngineStatistics statistics = engine.statistics();
      seen.hits += statistics.prefixHits();
      seen.evictions += statistics.evictions();
    }
    failures.forEach(
        failure -> {
          throw new AssertionError(name, failure);
        });
    for (int i = 0; i < REQUESTS; i++) {
      compare(requests.get(i), results.get(i), name + ", request " + i);
    }
    seen.requests += REQUESTS;
  }

  private int[] tokens(int count) {
    return random.ints(count, 0, vocabulary).toArray();
  }

  private Reader reader() {
    int cancelAfter = random.nextInt(3) == 0 ? random.nextInt(20) : Integer.MAX_VALUE;
    return new Reader(cancelAfter, random.nextInt(3) == 0, random.nextInt(3) == 0);
  }

  private GenerationRequest request() {
    int[] beginning = beginnings.get(random.nextInt(beginnings.size()));
    int[] prompt =
        switch (random.nextInt(4)) {
          case 0 -> tokens(1 + random.nextInt(40));
          case 1 -> beginning;
          default -> {
            int shared = random.nextInt(beginning.length + 1);
            int[] own = tokens(1 + random.nextInt(20));
            int[] whole = Arrays.copyOf(beginning, shared + own.length);
            System.arraycopy(own, 0, whole, shared, own.length);
            yield whole;
          }
        };
    ContextOverflow overflow = ContextOverflow.values()[random.nextInt(3)];
    boolean goesOver = random.nextInt(8) == 0;
    int most = goesOver ? context - prompt.length + random.nextInt(20) : 1 + random.nextInt(30);
    return GenerationRequest.of(Prompt.of(prompt))
        .withSampling(sampling())
        .withMaxNewTokens(Math.max(1, most))
        .withSamples(random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 1)
        .withAllowedTokens(random.nextInt(5) == 0 ? allowed() : null)
        .withStopAtEndOfText(random.nextBoolean())
        .withStopStrings(random.nextInt(4) == 0 ? new String[] {"A", "7"} : new String[0])
        .withUseCache(random.nextInt(10) > 0)
        .withContextOverflow(overflow);
  }

  private Set<Integer> allowed() {
    return random.ints(1 + random.nextInt(9), 0, vocabulary).boxed().collect(Collectors.toSet());
  }

  private SamplingParameters sampling() {
    long seed = random.nextLong();
    return switch (random.nextInt(4)) {
      case 0 -> SamplingParameters.greedy();
      case 1 -> SamplingParameters.random(seed);
      case 2 ->
          SamplingParameters.random(seed)
              .withTemperature(1.3f)
              .withTopK(50)
              .withTopP(0.9f)
              .withRepetitionPenalty(1.2f);
      default ->
          SamplingParameters.random(seed)
              .withMinP(0.1f)
              .withFrequencyPenalty(0.5f)
              .withPresencePenalty(0.3f)
              .withLogitBias(Map.of(random.nextInt(vocabulary), 4f));
    };
  }

  /** Reads a request to its end; the completions, none when it was closed. */
  private static List<Completion> read(Submission submission, Reader reader)
      throws InterruptedException {
    int length = 0;
    StringBuilder[] texts = new StringBuilder[4];
    Arrays.setAll(texts, i -> new StringBuilder());
    for (int events = 0; submission.hasNext(); events++) {
      if (events == reader.cancelAfter()) {
        if (reader.closes()) {
          submission.close();
          return List.of();
        }
        submission.cancel();
      }
      GenerationEvent event = submission.next();
      texts[event.index()].append(event.text());
      length += event instanceof GenerationEvent.Token ? 1 : 0;
      if (reader.slow() && events % 8 == 0) {
        Thread.sleep(1);
      }
    }
    List<Completion> completions = submission.completions();
    completions.forEach(
        completion ->
            assertEquals(completion.text(), texts[completion.index()].toString(), "pieces"));
    assertEquals(completions.stream().mapToInt(c -> c.tokens().size()).sum(), length, "events");
    return completions;
  }

  private void compare(GenerationRequest request, List<Completion> read, String where) {
    if (read.isEmpty()) {
      return; // closed before its end
    }
    List<Completion> alone = model.generate(request);
    for (int i = 0; i < alone.size(); i++) {
      Completion expected = alone.get(i);
      Completion actual = read.get(i);
      seen.compared++;
      if (actual.finishReason() == FinishReason.CANCELLED) {
        seen.cancelled++;
        int drawn = actual.tokens().size();
        assertEquals(expected.tokens().subList(0, drawn), actual.tokens(), where);
      } else {
        assertEquals(expected.tokens(), actual.tokens(), where + ": " + request);
        assertEquals(expected.text(), actual.text(), where);
        assertEquals(expected.finishReason(), actual.finishReason(), where);
      }
    }
  }
}
