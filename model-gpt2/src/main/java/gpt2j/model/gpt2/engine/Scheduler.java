package gpt2j.model.gpt2.engine;

import gpt2j.api.OutOfMemoryException;
import gpt2j.api.SamplingState;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.Extension;
import gpt2j.model.gpt2.FinishReason;
import gpt2j.model.gpt2.GenerationEvent;
import gpt2j.model.gpt2.Sample;
import gpt2j.model.gpt2.Session;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What an engine's thread does, a turn at a time: those that must end do, those that fit come in, a
 * chunk of prompts is evaluated, and a token is drawn for each sample that is ready.
 */
final class Scheduler {
  private final Session session;
  private final Decoder decoder;
  private final Inbox inbox;
  private final int chunk;
  private final Slots slots;
  private final PrefixReuse reuse;
  private final @Nullable Runner[] runners; // by slot
  private final Deque<Runner> prefilling = new ArrayDeque<>(); // in the order in which they came

  private long now; // when the turn began
  private long steps;
  private long chunks;
  private long promptTokens;
  private long generatedTokens;
  private volatile EngineStatistics statistics = EngineStatistics.NONE;

  /**
   * One that gives each slot of a session to one sample at a time.
   *
   * @param chunk tokens that are evaluated between two steps at most
   */
  Scheduler(Session session, Decoder decoder, Inbox inbox, EngineOptions options, int chunk) {
    this.session = session;
    this.decoder = decoder;
    this.inbox = inbox;
    this.chunk = chunk;
    slots = new Slots(session.sequences(), options.rows());
    runners = new Runner[session.sequences()];
    reuse = new PrefixReuse(session, slots, runners);
  }

  /**
   * One turn; false when there was nothing to evaluate.
   *
   * @param time on the clock of the deadlines, in nanoseconds
   */
  boolean turn(long time) {
    now = time;
    inbox.hush();
    endThoseThatMust();
    admit();
    boolean worked = prefill();
    worked |= step();
    publish();
    return worked;
  }

  /** The time until the next deadline; {@link Long#MAX_VALUE} when there is none. */
  long nanosToDeadline(long time) {
    return inbox.open().stream()
        .map(Submission::deadline)
        .filter(OptionalLong::isPresent)
        .mapToLong(deadline -> Math.max(1, deadline.getAsLong() - time))
        .min()
        .orElse(Long.MAX_VALUE);
  }

  EngineStatistics statistics() {
    return statistics;
  }

  private void publish() {
    int running = 0;
    int idle = 0;
    for (Runner runner : runners) {
      running += runner == null ? 0 : 1;
      idle += runner != null && runner.isReady() && !runner.isDrawing() ? 1 : 0;
    }
    statistics =
        new EngineStatistics(
            inbox.waiting(),
            running,
            idle,
            slots.kept(),
            steps,
            chunks,
            promptTokens,
            reuse.tokens(),
            generatedTokens,
            reuse.queries(),
            reuse.hits(),
            slots.evictions());
  }

  private void endThoseThatMust() {
    for (Submission submission : inbox.open()) {
      FinishReason reason = submission.endsAt(now);
      if (reason != null) {
        takeOut(submission, true);
        submission.unfinished().forEach(sample -> submission.push(sample.finish(reason)));
      }
    }
  }

  private void fail(Submission submission, RuntimeException reason) {
    takeOut(submission, false);
    submission.fail(reason);
  }

  /** Frees the slots of a request, which is over. */
  private void takeOut(Submission submission, boolean keeps) {
    for (Runner runner : runners) {
      if (runner != null && runner.submission() == submission) {
        takeOut(runner, keeps);
      }
    }
    inbox.ended(submission);
  }

  private void takeOut(Runner runner, boolean keeps) {
    prefilling.remove(runner);
    rest(runner);
    runners[runner.slot()] = null;
    if (keeps) {
      slots.release(runner.slot(), session.tokens(runner.slot()));
    } else {
      slots.release(runner.slot());
    }
  }

  /** Draws no more for a sample for now. */
  private void rest(Runner runner) {
    if (runner.isDrawing()) {
      decoder.leave(runner.slot());
      runner.setDrawing(false);
    }
  }

  /** The first that waits comes first, and nobody overtakes it. */
  private void admit() {
    for (Submission first = inbox.first();
        first != null && slots.hasFree() && admit(first);
        first = inbox.first()) {}
  }

  /** Admits the next sample of a request; false when there is no memory for it now. */
  private boolean admit(Submission submission) {
    boolean alone = !slots.anyInUse();
    Sample sample = submission.nextSample();
    int slot = slots.take();
    try {
      reserve(slot, sample.mostPositions());
    } catch (OutOfMemoryException e) {
      slots.release(slot);
      if (alone) {
        fail(submission, e);
      }
      return alone;
    }
    Runner runner = new Runner(submission, sample, slot);
    runners[slot] = runner;
    prefilling.add(runner);
    if (submission.admit()) {
      inbox.admitted(submission);
    }
    return true;
  }

  /** Takes memory for all that a sample may become, that of what is kept if there is no other. */
  private void reserve(int slot, int positions) {
    try {
      session.reserve(slot, positions);
    } catch (OutOfMemoryException e) {
      for (int free : slots.emptyAll().stream().toArray()) {
        session.clear(free);
        session.trim(free);
      }
      session.reserve(slot, positions);
    }
  }

  /** Evaluates a chunk of the texts that are to be cached; false when there are none. */
  private boolean prefill() {
    List<Runner> taken = new ArrayList<>();
    List<Extension> extensions = new ArrayList<>();
    int room = chunk;
    for (Runner runner : prefilling) {
      if (room == 0) {
        break;
      }
      if (!runner.hasBegun()) {
        if (taken.stream().anyMatch(earlier -> reuse.isWorthWaiting(runner, earlier))) {
          continue;
        }
        reuse.begin(runner);
      }
      int length = session.length(runner.slot());
      int count = Math.min(room, runner.cached() - length);
      if (count > 0) {
        int[] tokens = Arrays.copyOfRange(runner.text(), length, length + count);
        extensions.add(new Extension(runner.slot(), tokens));
        room -= count;
      }
      taken.add(runner);
    }
    if (!extensions.isEmpty()) {
      session.prefill(extensions);
      chunks++;
      promptTokens += chunk - room;
    }
    for (Runner runner : taken) {
      slots.hold(runner.slot(), session.tokens(runner.slot()));
      if (session.length(runner.slot()) == runner.cached()) {
        prefilling.remove(runner);
        runner.makeReady(System.nanoTime());
      }
    }
    return !taken.isEmpty();
  }

  /** Draws a token for each sample that is ready and has a reader; false when there is none. */
  private boolean step() {
    boolean any = false;
    for (Runner runner : runners) {
      if (runner == null || !runner.isReady()) {
        continue;
      }
      if (runner.submission().idles()) {
        rest(runner);
      } else {
        any = true;
        if (!runner.isDrawing()) {
          decoder.join(runner.slot(), runner.sample());
          runner.setDrawing(true);
        }
      }
    }
    if (any) {
      decoder.next(this::drew);
      steps++;
    }
    return any;
  }

  private void drew(int slot, int token) {
    Runner runner = runners[slot];
    if (runner == null) {
      throw new AssertionError("a token for slot %d, which nobody has".formatted(slot));
    }
    if (token == SamplingState.NO_TOKEN) {
      fail(runner.submission(), session.nonFinite(session.tokens(slot)));
      return;
    }
    generatedTokens++;
    Sample sample = runner.sample();
    time(runner);
    String text = sample.push(token);
    runner.submission().push(new GenerationEvent.Token(sample.index(), token, text));
    FinishReason reason = sample.finishReason();
    if (reason != null) {
      takeOut(runner, true);
      if (!runner.submission().push(sample.finish(reason))) {
        inbox.ended(runner.submission());
      }
    } else if (sample.windowMoved() || !sample.usesCache()) {
      rest(runner);
      runner.again();
      prefilling.add(runner);
    }
  }

  private void time(Runner runner) {
    long drawnAt = System.nanoTime();
    if (runner.isFirstDraw()) {
      long submittedAt = runner.submission().submittedAt();
      runner
          .sample()
          .began(
              Duration.ofNanos(runner.readyAt() - submittedAt),
              Duration.ofNanos(drawnAt - submittedAt));
    } else {
      runner.sample().stepped(Duration.ofNanos(drawnAt - now));
    }
  }
}
