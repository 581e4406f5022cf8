package gpt2j.bench.visualize;

import gpt2j.api.Backend;
import gpt2j.api.Operations;
import gpt2j.api.Step;
import gpt2j.api.TokenQueue;
import gpt2j.spi.ForwardingBackend;
import java.util.function.Consumer;

/**
 * A backend whose attention can be watched. Everything is passed on to another backend, so that a
 * model computes what it always does; while someone {@linkplain #observe observes}, attention also
 * stores its probabilities. Steps are queued anew at each run instead of being replayed, since what
 * is replayed can't be looked into.
 */
public final class ObservedBackend extends ForwardingBackend {
  private final ObservedOperations operations;

  /** Takes over {@code backend}, and closes it when closed. */
  public ObservedBackend(Backend backend) {
    super(backend);
    operations = new ObservedOperations(backend);
  }

  /** From now on {@code observer} sees every attention of {@code layer}, or of all if negative. */
  void observe(int layer, Consumer<ObservedAttention> observer) {
    operations.observe(layer, observer);
  }

  /** Ends what {@link #observe} began. */
  void endObservation() {
    operations.endObservation();
  }

  @Override
  public Operations operations() {
    return operations;
  }

  @Override
  public Step record(String name, Runnable body) {
    return new StepAnew(to.record(name, () -> {}), body);
  }

  /**
   * Queues the body at each run, for as long as a step of the backend without any work would run.
   */
  private record StepAnew(Step empty, Runnable body) implements Step {
    @Override
    public String name() {
      return empty.name();
    }

    @Override
    public void run() {
      empty.run();
      body.run();
    }

    @Override
    public void close() {
      empty.close();
    }
  }

  @Override
  public void close() {
    operations.close();
    super.close();
  }

  @Override
  public TokenQueue tokenQueue(int rows) {
    return new ObservedOperations.StepByStepQueue(to.tokenQueue(rows));
  }
}
