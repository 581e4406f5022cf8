package gpt2j.api;

/** The device, or the limit set for it, has no room. Nothing was allocated. */
public final class OutOfMemoryException extends BackendException {
  private static final long serialVersionUID = 1L;

  /**
   * What was asked for and what there was.
   *
   * @param what what the memory was for
   * @param requested bytes asked for
   * @param available bytes that could have been had
   */
  public OutOfMemoryException(String what, long requested, long available) {
    super(
        "out of memory: %s needs %,d bytes, %,d are available"
            .formatted(what, requested, available),
        null);
  }
}
