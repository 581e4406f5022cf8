package gpt2j.model.gpt2;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A generation under way. Iterating does the work, a step for all samples at a time, and ends when
 * every sample has; a sample that ends before the others leaves the batch.
 *
 * <p>One thread iterates; {@link #cancel} may be called by any.
 */
public final class Generation implements Iterator<GenerationEvent>, AutoCloseable {
  private final long startedAt = System.nanoTime();
  private final GenerationRequest request;
  private final List<Sample> active = new ArrayList<>();
  private final @Nullable Completion[] completions;
  private final Queue<GenerationEvent> events = new ArrayDeque<>();
  private final Session session;
  private @Nullable Decoder decoder; // of the active samples
  private boolean begun;
  private volatile boolean cancelled;

  Generation(Gpt2 model, GenerationRequest request) {
    this.request = request;
    Set<Integer> endTokens = Set.copyOf(model.config().eosTokens());
    int longest = 0;
    for (Prompt prompt : request.prompts()) {
      int[] tokens = encode(model, prompt);
      longest = Math.max(longest, tokens.length);
      for (int i = 0; i < request.samples(); i++) {
        active.add(new Sample(active.size(), model, request, endTokens, tokens));
      }
    }
    completions = new Completion[active.size()];
    int context = model.config().contextLength();
    session =
        model.session(
            SessionOptions.defaults()
                .withSequences(active.size())
                .withCapacity((int) Math.min(context, (long) longest + request.maxNewTokens())));
  }

  private int[] encode(Gpt2 model, Prompt prompt) {
    int[] tokens =
        switch (prompt) {
          case Prompt.Text(String text) -> model.tokenizer().encode(text);
          case Prompt.Tokens(List<Integer> list) ->
              list.stream().mapToInt(Integer::intValue).toArray();
        };
    int context = model.config().contextLength();
    if (tokens.length == 0) {
      throw new IllegalArgumentException(
          "the prompt is empty: there must be at least one token to go on from");
    }
    model.checkTokens(tokens);
    if (tokens.length > context && request.contextOverflow() == ContextOverflow.STOP) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens, more than the model's context of %d; shorten it, or choose to recompute or slide when the context overflows"
              .formatted(tokens.length, context));
    }
    return tokens;
  }

  /** Whether there are further events; does the work for the next one. */
  @Override
  public boolean hasNext() {
    while (events.isEmpty() && !active.isEmpty()) {
      try {
        step();
      } catch (CancellationException e) {
        finishAll();
      } catch (RuntimeException | Error e) {
        active.clear();
        release();
        throw e;
      }
    }
    return !events.isEmpty();
  }

  @Override
  public GenerationEvent next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the generation has ended");
    }
    return events.remove();
  }

  /**
   * Ends all samples that have not ended yet, with {@link FinishReason#CANCELLED}, as soon as the
   * step or the chunk of a prefill under way is done.
   */
  public void cancel() {
    cancelled = true;
  }

  /**
   * All completions, prompt by prompt.
   *
   * @throws IllegalStateException when the generation has not ended, or has failed
   */
  public List<Completion> completions() {
    List<Completion> all = new ArrayList<>();
    for (Completion completion : completions) {
      if (completion == null) {
        throw new IllegalStateException("the generation has not ended");
      }
      all.add(completion);
    }
    return List.copyOf(all);
  }

  /** Ends the generation, if it has not ended, and gives its memory back. Twice does nothing. */
  @Override
  public void close() {
    finishAll();
    events.clear();
  }

  private void step() {
    if (cancelled) {
      throw new CancellationException();
    }
    long start = System.nanoTime();
    Duration prefill = Duration.ZERO;
    boolean first = !begun;
    if (first) {
      prefillPrompts();
      prefill = Duration.ofNanos(System.nanoTime() - start);
      begun = true;
    } else if (mustPrefill()) {
      prefillSamples();
    }
    if (decoder == null) {
      decoder = newDecoder();
    }
    int[] drawn = decoder.next();
    long end = System.nanoTime();
    for (int i = 0; i < drawn.length; i++) {
      Sample sample = active.get(i);
      if (first) {
        sample.began(prefill, Duration.ofNanos(end - startedAt));
      } else {
        sample.stepped(Duration.ofNanos(end - start));
      }
      events.add(new GenerationEvent.Token(sample.index(), drawn[i], sample.push(drawn[i])));
      FinishReason reason = sample.finishReason();
      if (reason != null) {
        finish(sample, reason);
      }
    }
    removeFinished();
  }

  /** Each prompt once, then copied for its other samples. */
  private void prefillPrompts() {
    List<Extension> prompts =
        active.stream()
            .filter(sample -> sample.stream() == 0)
            .map(sample -> new Extension(sample.index(), sample.window()))
            .toList();
    session.prefill(prompts, () -> cancelled);
    for (Sample sample : active) {
      if (sample.stream() != 0) {
        session.fork(sample.index() - sample.stream(), sample.index());
      }
    }
    session.synchronize();
  }

  /** Whether the next step is no plain decoding of the same samples as before. */
  private boolean mustPrefill() {
    return !request.useCache() || decoder == null || active.stream().anyMatch(Sample::windowMoved);
  }

  /** The token drawn last, or all that the next token follows where the cache is of no use. */
  private void prefillSamples() {
    List<Extension> extensions = new ArrayList<>();
    for (Sample sample : active) {
      int slot = sample.index();
      if (request.useCache() && !sample.windowMoved()) {
        extensions.add(new Extension(slot, sample.last()));
      } else {
        session.clear(slot);
        extensions.add(new Extension(slot, sample.window()));
      }
    }
    session.prefill(extensions, () -> cancelled);
  }

  private Decoder newDecoder() {
    boolean penalty = request.sampling().repetitionPenalty() != 1;
    return session.decoder(
        request.sampling(),
        active.stream()
            .map(
                sample ->
                    new Decoder.Row(
                        sample.index(),
                        sample.stream(),
                        sample.drawn(),
                        penalty ? sample.tokens() : new int[0]))
            .toList());
  }

  private void finish(Sample sample, FinishReason reason) {
    GenerationEvent.Finished event = sample.finish(reason);
    completions[sample.index()] = event.completion();
    events.add(event);
  }

  /** The samples that go on make up a smaller batch, for which a new step is recorded. */
  private void removeFinished() {
    if (active.removeIf(sample -> completions[sample.index()] != null)) {
      if (active.isEmpty()) {
        release();
      } else {
        closeDecoder();
      }
    }
  }

  private void finishAll() {
    active.forEach(sample -> finish(sample, FinishReason.CANCELLED));
    active.clear();
    release();
  }

  private void closeDecoder() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
    }
  }

  private void release() {
    try {
      closeDecoder();
    } finally {
      session.close();
    }
  }
}
