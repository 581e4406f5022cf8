package gpt2j.model.gpt2.engine;

import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Sample;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import java.util.List;
import java.util.OptionalLong;

/**
 * Generates for many requests at once. One thread admits them in the order in which they came, as
 * slots of the cache become free, evaluates a chunk of prompts between two steps at most, and draws
 * a token for all of them in each step.
 *
 * <p>What a request becomes is a function of its own parameters and seed: it is what {@link
 * Gpt2#generate(GenerationRequest)} makes of it, alone and in any company, save for near ties that
 * rounding turns where the backend isn't batch-invariant.
 *
 * <p>Slots keep what they hold as long as others are free, so that a prompt that begins with the
 * same tokens needn't be evaluated from its beginning.
 *
 * <p>Any thread may submit, and any may {@link #close} at any time: whatever hasn't ended then ends
 * with an {@link IllegalStateException}. An engine is closed before its model, by its user, also
 * when it has failed: its thread, a daemon, keeps one that is forgotten.
 *
 * {@snippet :
 * try (Engine engine = Engine.start(model, EngineOptions.defaults());
 *     Submission submission = engine.submit(GenerationRequest.of("Once upon a time"))) {
 *   submission.forEachRemaining(event -> System.out.print(event.text()));
 * }
 * }
 */
public final class Engine implements AutoCloseable {
  private final Gpt2 model;
  private final EngineOptions options;
  private final Inbox inbox;
  private final Session session;
  private final Decoder decoder;
  private final Scheduler scheduler;

  private Engine(Gpt2 model, EngineOptions options) {
    this.model = model;
    this.options = options;
    inbox = new Inbox(options.waiting());
    session = session(model, options);
    try {
      decoder = session.decoder(options.rows());
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
    scheduler = new Scheduler(session, decoder, inbox, options, chunk(model, options));
  }

  static Session session(Gpt2 model, EngineOptions options) {
    int slots = Math.addExact(options.rows(), options.spareSlots());
    SessionOptions extent =
        SessionOptions.defaults()
            .withSequences(slots)
            .withPrefillChunk(chunk(model, options))
            .withCapacity(options.capacity().orElse(model.config().contextLength()));
    return model.session(extent);
  }

  static int chunk(Gpt2 model, EngineOptions options) {
    return options.prefillChunk().orElse(model.backend().device().prefillRows());
  }

  /**
   * Starts an engine.
   *
   * @throws IllegalArgumentException when the capacity is more than the model's context
   * @throws gpt2j.api.OutOfMemoryException when the device has no room for all slots
   */
  public static Engine start(Gpt2 model, EngineOptions options) {
    Engine engine = new Engine(model, options);
    Thread.ofPlatform().daemon().name("gpt2j-engine").start(engine::work);
    return engine;
  }

  /**
   * Gives the engine a request of one prompt.
   *
   * @throws IllegalArgumentException as {@link Gpt2#start(GenerationRequest)} does; when the
   *     request has more than one prompt, or its text may become longer than a slot
   * @throws QueueFullException when too many requests wait
   * @throws IllegalStateException when the engine is closed, or has failed
   */
  public Submission submit(GenerationRequest request) {
    return submit(EngineRequest.of(request));
  }

  /** The same with a deadline. */
  public Submission submit(EngineRequest request) {
    Submission submission =
        submission(model, request, inbox, options, session.capacity(), System.nanoTime());
    inbox.add(submission);
    return submission;
  }

  static Submission submission(
      Gpt2 model,
      EngineRequest request,
      Inbox inbox,
      EngineOptions options,
      int capacity,
      long now) {
    List<Sample> samples = Sample.of(model, request.generation(), 0);
    int positions = samples.getFirst().mostPositions();
    if (positions > capacity) {
      throw new IllegalArgumentException(
          "prompt and new tokens may become %d tokens; the engine has room for %d of each sample"
              .formatted(positions, capacity));
    }
    OptionalLong deadline =
        request
            .deadline()
            .map(time -> OptionalLong.of(now + Submission.nanos(time)))
            .orElse(OptionalLong.empty());
    return new Submission(inbox, samples, now, deadline, options.unread());
  }

  /** What it does and has done. */
  public EngineStatistics statistics() {
    return scheduler.statistics();
  }

  /** The engine's thread. It gives no memory back, since whoever closes must find it given back. */
  private void work() {
    try {
      while (inbox.isOpen()) {
        if (!scheduler.turn(System.nanoTime())) {
          inbox.await(scheduler.nanosToDeadline(System.nanoTime()));
        }
      }
    } catch (InterruptedException e) {
      inbox.end(new IllegalStateException("the engine's thread was interrupted", e));
    } catch (RuntimeException e) {
      inbox.end(e);
    } catch (Error e) {
      inbox.end(new IllegalStateException("the engine has failed: " + e, e));
      throw e;
    }
  }

  /**
   * Ends all requests and gives the memory back, as soon as the step or the chunk under way is
   * done. Twice does nothing.
   */
  @Override
  public void close() {
    inbox.end(new IllegalStateException("the engine is closed"));
    decoder.close();
    session.close();
  }
}
