package gpt2j.model.gpt2.engine;

/** As many requests wait as may. The message is one line; the request may be tried again later. */
public final class QueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  QueueFullException(int waiting) {
    super(
        "the engine is busy: %d requests wait already, and no more may; try again later"
            .formatted(waiting));
  }
}
