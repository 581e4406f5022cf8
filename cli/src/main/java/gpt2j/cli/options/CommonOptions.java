package gpt2j.cli.options;

import picocli.CommandLine.Option;

/** Options of every command. */
public final class CommonOptions {
  public static final String DEBUG = "--debug";

  /** How help calls them, after all others. */
  static final String GROUP = "Other";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  private boolean version;

  @Option(names = DEBUG, description = "After an error, show where it came from.")
  private boolean debug;
}
