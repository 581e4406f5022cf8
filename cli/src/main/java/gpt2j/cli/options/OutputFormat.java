package gpt2j.cli.options;

/** The form of results. */
enum OutputFormat {
  /** For people. */
  TEXT,
  /** For programs: one JSON object to a line. */
  JSON
}
