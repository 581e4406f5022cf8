package gpt2j.cli;

import picocli.CommandLine.Option;

/** How results look. */
final class OutputOptions {
  @Option(
      names = "--format",
      paramLabel = "FORM",
      converter = Choice.OfFormat.class,
      completionCandidates = Choice.OfFormat.class,
      description = "${COMPLETION-CANDIDATES}. Default: text.")
  private OutputFormat format = OutputFormat.TEXT;

  boolean json() {
    return format == OutputFormat.JSON;
  }
}
