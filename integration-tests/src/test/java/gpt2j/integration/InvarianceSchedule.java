package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.Extension;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A random history of the sequences of two sessions. Whatever logits it saw must have the very bits
 * of those of the same tokens, evaluated alone and all at once.
 */
final class InvarianceSchedule {
  private static final int STEPS = 12;
  private static final int[] CHUNKS = {1, 2, 5, 8, 13, 32, 64, 1000};

  private final Gpt2 model;
  private final WeightFormat cacheType;
  private final String name;
  private final Random random;
  private final int vocabulary;
  private int compared;

  InvarianceSchedule(Gpt2 model, WeightFormat cacheType, long seed) {
    this.model = model;
    this.cacheType = cacheType;
    name = "schedule %d, %s, cache of %s".formatted(seed, model.precision(), cacheType);
    random = new Random(seed);
    vocabulary = model.config().vocabularySize();
  }

  /** A session and what it has shown of its sequences since they were last compared. */
  private final class Subject implements AutoCloseable {
    final Session session;
    final int sequences = 1 + random.nextInt(7);
    final float[][][] logits; // [sequence][position]; null where none were seen
    final int[][] drawn; // the same; −1 where nothing was drawn

    Subject() {
      SessionOptions options =
          SessionOptions.defaults()
              .withSequences(sequences)
              .withCacheType(cacheType)
              .withPrefillChunk(CHUNKS[random.nextInt(CHUNKS.length)]);
      int context = model.config().contextLength();
      session =
          model.session(
              random.nextBoolean() ? options : options.withCapacity(context - random.nextInt(20)));
      logits = new float[sequences][session.capacity()][];
      drawn = new int[sequences][session.capacity()];
      for (int[] row : drawn) {
        Arrays.fill(row, -1);
      }
    }

    /** Compares all that was seen of a sequence, before some of it is gone. */
    void settle(int sequence) {
      int[] tokens = session.tokens(sequence);
      if (tokens.length == 0) {
        return;
      }
      float[][] alone;
      SessionOptions options =
          SessionOptions.defaults().withCacheType(cacheType).withPrefillChunk(tokens.length);
      try (Session other = model.session(options)) {
        alone = other.evaluate(0, tokens);
      }
      for (int position = 0; position < tokens.length; position++) {
        float[] seen = logits[sequence][position];
        if (seen != null) {
          compare(alone[position], seen, "position %d of %d".formatted(position, tokens.length));
          logits[sequence][position] = null;
        }
        if (drawn[sequence][position] >= 0) {
          String where = "%s: drawn at position %d".formatted(name, position);
          assertEquals(largest(alone[position]), drawn[sequence][position], where);
          drawn[sequence][position] = -1;
          compared++;
        }
      }
    }

    @Override
    public void close() {
      session.close();
    }
  }

  private void compare(float[] alone, float[] seen, String where) {
    for (int token = 0; token < alone.length; token++) {
      if (Float.floatToRawIntBits(alone[token]) != Float.floatToRawIntBits(seen[token])) {
        fail(
            "%s: %s: the logit of token %d is %s, alone it is %s"
                .formatted(name, where, token, seen[token], alone[token]));
      }
    }
    compared++;
  }

  private static int largest(float[] logits) {
    int best = 0;
    for (int token = 1; token < logits.length; token++) {
      best = logits[token] > logits[best] ? token : best;
    }
    return best;
  }

  /** Runs it; returns how many rows of logits, or tokens drawn from them, were compared. */
  int run() {
    try (Subject one = new Subject();
        Subject two = new Subject()) {
      for (int step = 0; step < STEPS; step++) {
        Subject subject = random.nextInt(3) > 0 ? one : two;
        switch (random.nextInt(6)) {
          case 0 -> rollBack(subject);
          case 1 -> fork(subject, random.nextBoolean() ? one : two);
          case 2 -> draw(subject);
          case 3 -> prefill(subject);
          default -> evaluate(subject);
        }
      }
      for (Subject subject : List.of(one, two)) {
        evaluate(subject); // so that what was forked or drawn last is looked at
        IntStream.range(0, subject.sequences).forEach(subject::settle);
      }
    }
    if (random.nextInt(4) == 0) {
      generate();
    }
    return compared;
  }

  private void rollBack(Subject subject) {
    int sequence = random.nextInt(subject.sequences);
    subject.settle(sequence);
    subject.session.rollBack(sequence, random.nextInt(subject.session.length(sequence) + 1));
  }

  private void fork(Subject from, Subject to) {
    int source = random.nextInt(from.sequences);
    int target = random.nextInt(to.sequences);
    boolean itself = from == to && source == target;
    if (!itself && from.session.length(source) <= to.session.capacity()) {
      to.settle(target);
      from.session.fork(source, to.session, target);
    }
  }

  /** New tokens for some of the sequences that have room, in any order. */
  private List<Extension> extensions(Subject subject) {
    List<Extension> extensions = new ArrayList<>();
    int most = 1 << random.nextInt(8);
    int[] order = random.ints(subject.sequences, 0, subject.sequences).distinct().toArray();
    for (int sequence : order) {
      int room = subject.session.capacity() - subject.session.length(sequence);
      if (room > 0) {
        int count = 1 + random.nextInt(Math.min(room, most));
        extensions.add(new Extension(sequence, random.ints(count, 0, vocabulary).toArray()));
      }
    }
    return extensions;
  }

  private void evaluate(Subject subject) {
    List<Extension> extensions = extensions(subject);
    if (extensions.isEmpty()) {
      return;
    }
    List<float[][]> logits = subject.session.evaluate(extensions);
    for (int i = 0; i < logits.size(); i++) {
      int sequence = extensions.get(i).sequence();
      float[][] rows = logits.get(i);
      int first = subject.session.length(sequence) - rows.length;
      System.arraycopy(rows, 0, subject.logits[sequence], first, rows.length);
    }
  }

  private void prefill(Subject subject) {
    List<Extension> extensions = extensions(subject);
    if (extensions.isEmpty()) {
      return;
    }
    subject.session.prefill(extensions);
    for (Extension extension : extensions) {
      int sequence = extension.sequence();
      int last = subject.session.length(sequence) - 1;
      subject.logits[sequence][last] = subject.session.logits(sequence);
    }
  }

  /** Recorded steps; greedy, so that the token tells of the logits. */
  private void draw(Subject subject) {
    int count = 1 + random.nextInt(4);
    int[] able =
        IntStream.range(0, subject.sequences)
            .filter(i -> subject.session.length(i) + count < subject.session.capacity())
            .toArray();
    if (able.length == 0) {
      return;
    }
    subject.session.prefill(
        Arrays.stream(able).mapToObj(i -> new Extension(i, random.nextInt(vocabulary))).toList());
    try (Decoder decoder = subject.session.decoder(SamplingParameters.greedy(), able)) {
      for (int step = 0; step < count; step++) {
        int[] tokens = decoder.next();
        for (int row = 0; row < able.length; row++) {
          subject.drawn[able[row]][subject.session.length(able[row]) - 1] = tokens[row];
        }
      }
    }
  }

  /** The same tokens with the cache and without, and alone. */
  private void generate() {
    int length = 1 + random.nextInt(model.config().contextLength() / 2);
    GenerationRequest request =
        GenerationRequest.of(Prompt.of(random.ints(length, 0, vocabulary).toArray()))
            .withSampling(SamplingParameters.random(random.nextLong()).withTopK(20))
            .withSamples(1 + random.nextInt(3))
            .withStopAtEndOfText(false)
            .withMaxNewTokens(8);
    List<List<Integer>> cached = tokens(request);
    assertEquals(tokens(request.withUseCache(false)), cached, name + ": without the cache");
    assertEquals(
        tokens(request.withSamples(1)).getFirst(), cached.getFirst(), name + ": one sample");
  }

  private List<List<Integer>> tokens(GenerationRequest request) {
    return model.generate(request).stream().map(Completion::tokens).toList();
  }
}
