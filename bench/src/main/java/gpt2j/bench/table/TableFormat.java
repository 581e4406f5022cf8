package gpt2j.bench.table;

/** How a table is written. */
public enum TableFormat {
  /** A Markdown table, for people. */
  MD,
  /** Comma-separated values (RFC 4180) with a line of column names, for spreadsheets. */
  CSV,
  /** A list of objects, for programs. */
  JSON
}
