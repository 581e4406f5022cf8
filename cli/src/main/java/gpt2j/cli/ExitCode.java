package gpt2j.cli;

/** What the process ends with. */
final class ExitCode {
  static final int OK = 0;

  /** What was asked for could not be done. */
  static final int FAILURE = 1;

  /** The command line asks for something that can't be. */
  static final int USAGE = 2;

  /** Ended by Ctrl-C: 128 and the number of SIGINT, as shells count. */
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
