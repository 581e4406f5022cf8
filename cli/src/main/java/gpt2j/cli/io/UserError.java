package gpt2j.cli.io;

/**
 * Something that the user can put right. The message is one line that names the option or file and
 * says what to do.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  private UserError(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The command line has to change. */
  public static UserError usage(String message) {
    return new UserError(ExitCode.USAGE, message);
  }

  /** The command line may be right, but it can't be done. */
  public static UserError failure(String message) {
    return new UserError(ExitCode.FAILURE, message);
  }

  public int exitCode() {
    return exitCode;
  }
}
