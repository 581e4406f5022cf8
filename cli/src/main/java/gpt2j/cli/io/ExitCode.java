package gpt2j.cli.io;

/** What the process ends with. */
public final class ExitCode {
  public static final int OK = 0;

  /** What was asked for could not be done. */
  public static final int FAILURE = 1;

  /** The command line asks for something that can't be. */
  public static final int USAGE = 2;

  /** Ended by Ctrl-C: 128 and the number of SIGINT, as shells count. */
  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
