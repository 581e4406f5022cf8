package gpt2j.cli.options;

import picocli.CommandLine.Option;

/** How results look. */
public final class OutputOptions {
  /** The form of results. */
  enum OutputFormat {
    /** For people. */
    TEXT,
    /** For programs: one JSON object to a line. */
    JSON
  }

  @Option(
      names = "--format",
      paramLabel = "FORM",
      converter = Choice.OfFormat.class,
      completionCandidates = Choice.OfFormat.class,
      description = "${COMPLETION-CANDIDATES}. Default: text.")
  private OutputFormat format = OutputFormat.TEXT;

  public boolean json() {
    return format == OutputFormat.JSON;
  }
}
