package gpt2j.model.gpt2.engine;

import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.GenerationEvent;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** An engine without a thread: a test has it take one turn after another, at times that it says. */
final class ManualEngine implements AutoCloseable {
  private final Gpt2 model;
  private final EngineOptions options;
  private final Inbox inbox;
  private final Session session;
  private final Decoder decoder;
  private final Scheduler scheduler;
  long time;

  ManualEngine(Gpt2 model, EngineOptions options) {
    this.model = model;
    this.options = options;
    inbox = new Inbox(options.waiting());
    session = Engine.session(model, options);
    decoder = session.decoder(options.rows());
    scheduler = new Scheduler(session, decoder, inbox, options, Engine.chunk(model, options));
  }

  Submission submit(GenerationRequest request) {
    return submit(EngineRequest.of(request));
  }

  Submission submit(EngineRequest request) {
    Submission submission =
        Engine.submission(model, request, inbox, options, session.capacity(), time);
    inbox.add(submission);
    return submission;
  }

  boolean turn() {
    return scheduler.turn(time);
  }

  /** Turns until there is nothing to do. */
  void work() {
    for (int turns = 0; turn(); turns++) {
      if (turns > 100_000) {
        throw new AssertionError("no end");
      }
    }
  }

  Duration toDeadline() {
    return Duration.ofNanos(scheduler.nanosToDeadline(time));
  }

  EngineStatistics statistics() {
    return scheduler.statistics();
  }

  /** The events that there are. */
  static List<GenerationEvent> events(Submission submission) throws InterruptedException {
    List<GenerationEvent> events = new ArrayList<>();
    submission.poll(Duration.ZERO).ifPresent(events::add);
    while (!events.isEmpty()) {
      int before = events.size();
      submission.poll(Duration.ZERO).ifPresent(events::add);
      if (events.size() == before) {
        break;
      }
    }
    return events;
  }

  /** The tokens among the events that there are. */
  static List<Integer> tokens(Submission submission) throws InterruptedException {
    List<Integer> tokens = new ArrayList<>();
    for (GenerationEvent event : events(submission)) {
      if (event instanceof GenerationEvent.Token token) {
        tokens.add(token.token());
      }
    }
    return tokens;
  }

  @Override
  public void close() {
    decoder.close();
    session.close();
  }
}
