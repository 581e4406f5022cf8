package gpt2j.model.gpt2.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What an engine's users and its thread share: the requests, in their order, and a bell. */
final class Inbox {
  private final int most; // that wait
  private final Deque<Submission> waiting = new ArrayDeque<>();
  private final Set<Submission> open = new LinkedHashSet<>();
  private boolean rung;
  private @Nullable RuntimeException end;

  Inbox(int most) {
    this.most = most;
  }

  /**
   * Adds a request behind those that wait.
   *
   * @throws QueueFullException when there are too many
   * @throws IllegalStateException when the engine has ended
   */
  synchronized void add(Submission submission) {
    if (end != null) {
      throw new IllegalStateException(end.getMessage(), end);
    }
    if (waiting.size() >= most) {
      throw new QueueFullException(most);
    }
    waiting.add(submission);
    open.add(submission);
    ring();
  }

  /** Wakes the engine, or keeps it awake. */
  synchronized void ring() {
    rung = true;
    notifyAll();
  }

  /** What was rung for so far is seen to. */
  synchronized void hush() {
    rung = false;
  }

  /** Waits for the bell. */
  synchronized void await(long mostNanos) throws InterruptedException {
    long until = System.nanoTime() + mostNanos;
    while (!rung && end == null) {
      long left = until - System.nanoTime();
      if (mostNanos == Long.MAX_VALUE) {
        wait();
      } else if (left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } else {
        return;
      }
    }
  }

  synchronized boolean isOpen() {
    return end == null;
  }

  /** The request whose turn it is; null when none waits. */
  synchronized @Nullable Submission first() {
    return waiting.peek();
  }

  /** Nothing of a request waits any more. */
  synchronized void admitted(Submission submission) {
    waiting.remove(submission);
  }

  synchronized void ended(Submission submission) {
    waiting.remove(submission);
    open.remove(submission);
  }

  /** The requests that haven't ended. */
  synchronized List<Submission> open() {
    return List.copyOf(open);
  }

  synchronized int waiting() {
    return waiting.size();
  }

  /** Ends all requests, and those to come, for a reason; the first one counts. */
  void end(RuntimeException reason) {
    List<Submission> left;
    synchronized (this) {
      if (end != null) {
        return;
      }
      end = reason;
      left = List.copyOf(open);
      open.clear();
      waiting.clear();
      notifyAll();
    }
    left.forEach(submission -> submission.fail(reason));
  }
}
