package gpt2j.bench.context;

/** Something that the user can put right; the message is one line. */
public final class BenchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean usage;

  private BenchException(boolean usage, String message) {
    super(message);
    this.usage = usage;
  }

  /** What was asked for can't be. */
  public static BenchException usage(String message) {
    return new BenchException(true, message);
  }

  /** What was asked for may be right, but it can't be done. */
  public static BenchException failure(String message) {
    return new BenchException(false, message);
  }

  /** Whether the question is wrong, rather than the circumstances. */
  public boolean isUsage() {
    return usage;
  }
}
