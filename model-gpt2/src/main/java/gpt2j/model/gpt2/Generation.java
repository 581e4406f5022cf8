package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.Lifetime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A generation under way. Iterating does the work, a step for all samples at a time, and ends when
 * every sample has; a sample that ends before the others leaves the batch.
 *
 * <p>One thread iterates; {@link #cancel}, {@link #close} and {@link #completions} may be called by
 * any. Interrupting the thread that iterates cancels: the iteration ends as if {@link #cancel} had
 * been called, and the thread stays interrupted.
 */
public final class Generation implements Iterator<GenerationEvent>, AutoCloseable {
  private final long startedAt = System.nanoTime();
  private final Backend backend;
  private final List<Sample> active = new ArrayList<>(); // changed by who iterates alone
  private final Lifetime lifetime;
  private final Session session;
  private volatile @Nullable Decoder decoder; // of the active samples

  /** Held while samples grow and end, which closing by another thread makes them do too. */
  private final Object results = new Object();

  private final @Nullable Completion[] completions; // holding results
  private final Queue<GenerationEvent> events = new ArrayDeque<>(); // holding results
  private boolean cut; // closed before its last event was taken; holding results
  private boolean begun;
  private volatile boolean cancelled;

  Generation(Gpt2 model, List<GenerationRequest> requests) {
    backend = model.backend();
    for (GenerationRequest request : requests) {
      active.addAll(Sample.of(model, request, active.size()));
    }
    if (active.isEmpty()) {
      throw new IllegalArgumentException("a generation needs at least one request");
    }
    completions = new Completion[active.size()];
    SessionOptions options =
        SessionOptions.defaults()
            .withSequences(active.size())
            .withCapacity(active.stream().mapToInt(Sample::mostPositions).max().orElseThrow());
    lifetime = backend.lifetime(this, "generation");
    try {
      session = new Session(model, options, lifetime);
    } catch (RuntimeException | Error e) {
      lifetime.end();
      throw e;
    }
  }

  /**
   * Whether there are further events; does the work for the next one.
   *
   * @throws IllegalStateException when the generation was closed before its last event was taken,
   *     or the model or the backend before its end
   */
  @Override
  public boolean hasNext() {
    while (!hasEvent() && !active.isEmpty()) {
      lifetime.requireOpen();
      try {
        step();
      } catch (CancellationException e) {
        finishAll();
        end();
      } catch (RuntimeException | Error e) {
        end();
        throw e;
      }
    }
    return hasEvent();
  }

  /** Ends the work, unless another thread has by closing. */
  private void end() {
    synchronized (results) {
      if (lifetime.isOpen()) {
        active.clear();
      }
    }
    release();
  }

  private boolean hasEvent() {
    synchronized (results) {
      requireNotCut();
      return !events.isEmpty();
    }
  }

  private void requireNotCut() {
    if (cut) {
      throw new IllegalStateException("the generation is closed");
    }
  }

  @Override
  public GenerationEvent next() {
    if (hasNext()) {
      synchronized (results) {
        requireNotCut(); // which another thread may have done since
        return events.remove();
      }
    }
    throw new NoSuchElementException("the generation has ended");
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
    synchronized (results) {
      for (Completion completion : completions) {
        if (completion == null) {
          throw new IllegalStateException("the generation has not ended");
        }
        all.add(completion);
      }
    }
    return List.copyOf(all);
  }

  /**
   * Ends the generation, if it has not ended, and gives its memory back, as soon as the step or the
   * chunk of a prefill under way is done. Who iterates meanwhile, or afterwards before the end,
   * gets an {@link IllegalStateException}. Twice does nothing.
   */
  @Override
  public void close() {
    cancelled = true; // what is under way ends sooner
    synchronized (results) {
      lifetime.end();
      cut |= !active.isEmpty() || !events.isEmpty();
      finishAll();
      events.clear();
    }
    release();
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
    } else if (active.stream().anyMatch(s -> s.windowMoved() || !s.usesCache())) {
      prefillSamples();
    }
    Decoder drawing = decoder;
    if (drawing == null) {
      drawing = session.decoder(active.stream().map(sample -> sample.row(sample.index())).toList());
      decoder = drawing;
    }
    int[] drawn = drawing.next();
    long end = System.nanoTime();
    synchronized (results) {
      lifetime.requireOpen(); // else all samples have ended
      take(drawn, first, prefill, start, end);
    }
    removeFinished();
  }

  private void take(int[] drawn, boolean first, Duration prefill, long start, long end) {
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
  }

  /** Each prompt once, then copied for its other samples. */
  private void prefillPrompts() {
    session.reserveAll(active.stream().mapToInt(Sample::mostPositions).toArray());
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

  /** The token drawn last, or all that the next token follows where the cache is of no use. */
  private void prefillSamples() {
    session.prefill(active.stream().map(this::extension).toList(), () -> cancelled);
  }

  private Extension extension(Sample sample) {
    int slot = sample.index();
    if (sample.windowMoved()) {
      session.clear(slot);
      return new Extension(slot, sample.window());
    }
    return sample.usesCache() ? new Extension(slot, sample.last()) : session.again(slot);
  }

  private void finish(Sample sample, FinishReason reason) {
    GenerationEvent.Finished event = sample.finish(reason);
    completions[sample.index()] = event.completion();
    events.add(event);
  }

  private void removeFinished() {
    boolean changed;
    synchronized (results) {
      changed = active.removeIf(sample -> completions[sample.index()] != null);
    }
    Decoder drawing = decoder;
    if (active.isEmpty()) {
      release();
    } else if (changed && drawing != null) {
      Set<Integer> left = active.stream().map(Sample::index).collect(Collectors.toSet());
      drawing.retain(left::contains);
    }
  }

  /** Ends the samples that have not ended. */
  private void finishAll() {
    synchronized (results) {
      for (Sample sample : active) {
        if (completions[sample.index()] == null) {
          finish(sample, FinishReason.CANCELLED);
        }
      }
    }
  }

  private void releaseDecoder() {
    Decoder unused = decoder;
    if (unused != null) {
      unused.release();
      decoder = null;
    }
  }

  private void release() {
    lifetime.end();
    try {
      releaseDecoder();
    } finally {
      session.release();
    }
  }
}
