package gpt2j.bench.baselines;

/** A program can't be measured, or not on some work. The message is one line that says why. */
final class ProgramException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST = 300;

  private final boolean usable;

  private ProgramException(String message, boolean usable) {
    super(line(message));
    this.usable = usable;
  }

  /** Nothing more is to be had of it. */
  static ProgramException gone(String message) {
    return new ProgramException(message, false);
  }

  /** It can't do this, but may do other things. */
  static ProgramException unsupported(String message) {
    return new ProgramException(message, true);
  }

  /** Whether it may do other things. */
  boolean isUsable() {
    return usable;
  }

  private static String line(String message) {
    String line = message.strip().lines().findFirst().orElse("it doesn't say why");
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
