package gpt2j.model.gpt2.engine;

import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.FinishReason;
import gpt2j.model.gpt2.GenerationEvent;
import gpt2j.model.gpt2.NonFiniteException;
import gpt2j.model.gpt2.Sample;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A request that an engine was given, and what becomes of it. The engine's thread does the work,
 * whether somebody reads or not; when too many events are unread, the request idles until its
 * reader takes some, while others go on. So it is read to its end, cancelled or closed, or it keeps
 * its slots until its deadline.
 *
 * <p>One thread reads; {@link #cancel}, {@link #close} and {@link #completions} may be called by
 * any. Interrupting the thread that iterates cancels: the iteration ends as if {@link #cancel} had
 * been called, and the thread stays interrupted.
 *
 * <p>After the events before it, a reader gets the exception that ended the request, if one did:
 * {@link IllegalStateException} when the engine, the model or the backend was closed, {@link
 * NonFiniteException} where logits aren't numbers, {@link gpt2j.api.OutOfMemoryException} when
 * there is no memory even with nothing else at work.
 */
public final class Submission implements Iterator<GenerationEvent>, AutoCloseable {
  private static final Duration CENTURY = Duration.ofDays(36_525);

  private final Inbox inbox;
  private final List<Sample> samples;
  private final long submittedAt;
  private final OptionalLong deadline; // on the engine's clock
  private final int most; // unread events

  // Holding this:
  private final Deque<GenerationEvent> events = new ArrayDeque<>();
  private final @Nullable Completion[] completions;
  private int left; // samples that haven't ended
  private boolean idles; // until events are taken
  private @Nullable RuntimeException failure;
  private boolean cut; // closed before its last event was taken

  private volatile boolean cancelled;
  private volatile int cachedTokens;
  private int admitted; // samples; the engine's own

  Submission(Inbox inbox, List<Sample> samples, long submittedAt, OptionalLong deadline, int most) {
    this.inbox = inbox;
    this.samples = samples;
    this.submittedAt = submittedAt;
    this.deadline = deadline;
    this.most = most;
    completions = new Completion[samples.size()];
    left = samples.size();
  }

  /** Whether there are further events; waits until that is known. */
  @Override
  public boolean hasNext() {
    boolean interrupted = false;
    try {
      synchronized (this) {
        while (!isKnown()) {
          try {
            wait();
          } catch (InterruptedException e) {
            interrupted = true;
            cancel();
          }
        }
        return !events.isEmpty();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Whether it is known if there are further events. */
  private boolean isKnown() {
    if (cut) {
      throw new IllegalStateException("the submission is closed");
    }
    if (events.isEmpty() && failure != null) {
      throw failure;
    }
    return !events.isEmpty() || left == 0;
  }

  @Override
  public GenerationEvent next() {
    if (hasNext()) {
      synchronized (this) {
        if (isKnown()) { // unless another thread has closed it since
          return taken();
        }
      }
    }
    throw new NoSuchElementException("the submission has ended");
  }

  /**
   * The next event, waiting for it no longer than {@code atMost}; empty after that time, and at the
   * end.
   *
   * @throws InterruptedException when the thread is interrupted, which cancels nothing
   */
  public synchronized Optional<GenerationEvent> poll(Duration atMost) throws InterruptedException {
    long until = System.nanoTime() + nanos(atMost);
    while (!isKnown()) {
      long nanos = until - System.nanoTime();
      if (nanos <= 0) {
        return Optional.empty();
      }
      TimeUnit.NANOSECONDS.timedWait(this, nanos);
    }
    return events.isEmpty() ? Optional.empty() : Optional.of(taken());
  }

  private GenerationEvent taken() {
    GenerationEvent event = events.remove();
    if (idles && events.size() <= most / 2) {
      idles = false;
      inbox.ring();
    }
    return event;
  }

  /** Whether all events were taken and no more will come. */
  public synchronized boolean hasEnded() {
    return events.isEmpty() && (left == 0 || failure != null || cut);
  }

  /**
   * Ends all samples that have not ended yet, with {@link FinishReason#CANCELLED}, before the next
   * step; their slots are free then.
   */
  public void cancel() {
    cancelled = true;
    inbox.ring();
  }

  /**
   * All completions, in the order of the samples.
   *
   * @throws IllegalStateException when the request has not ended, or has failed
   */
  public synchronized List<Completion> completions() {
    List<Completion> all = new ArrayList<>();
    for (Completion completion : completions) {
      if (completion == null) {
        throw new IllegalStateException("the submission has not ended");
      }
      all.add(completion);
    }
    return List.copyOf(all);
  }

  /** Tokens of the prompt that were found in the cache, for its first sample. */
  public int cachedTokens() {
    return cachedTokens;
  }

  /**
   * Cancels, unless the request has ended, and drops the events that weren't taken. Whoever reads
   * meanwhile, or afterwards before the end, gets an {@link IllegalStateException}. Twice does
   * nothing.
   */
  @Override
  public void close() {
    synchronized (this) {
      cut |= left > 0 || !events.isEmpty();
      events.clear();
      notifyAll();
    }
    cancel();
  }

  /** A time in nanoseconds, of which there may be too many: a century is long enough. */
  static long nanos(Duration time) {
    return time.compareTo(CENTURY) > 0 ? CENTURY.toNanos() : time.toNanos();
  }

  /** When it was submitted, on the engine's clock. */
  long submittedAt() {
    return submittedAt;
  }

  OptionalLong deadline() {
    return deadline;
  }

  /** Why it must end now; null if it needn't. */
  @Nullable FinishReason endsAt(long now) {
    if (cancelled) {
      return FinishReason.CANCELLED;
    }
    return deadline.isPresent() && now - deadline.getAsLong() >= 0 ? FinishReason.DEADLINE : null;
  }

  /** The sample that is to be admitted next. */
  Sample nextSample() {
    return samples.get(admitted);
  }

  /** The next sample is admitted; true when it was the last. */
  boolean admit() {
    return ++admitted == samples.size();
  }

  /** The samples that haven't ended. */
  synchronized List<Sample> unfinished() {
    return samples.stream().filter(sample -> completions[sample.index()] == null).toList();
  }

  void foundInCache(int tokens) {
    cachedTokens = tokens;
  }

  /** Whether it is to wait for its reader. */
  synchronized boolean idles() {
    idles = events.size() >= most || (idles && events.size() > most / 2);
    return idles;
  }

  /** Takes an event; false when it was the last one. */
  synchronized boolean push(GenerationEvent event) {
    if (event instanceof GenerationEvent.Finished finished) {
      completions[finished.index()] = finished.completion();
      left--;
    }
    if (!cut) {
      events.add(event);
    }
    notifyAll();
    return left > 0;
  }

  /** Ends what hasn't ended for want of anything to go on with. */
  synchronized void fail(RuntimeException reason) {
    if (left > 0 && failure == null) {
      failure = reason;
      notifyAll();
    }
  }
}
