package gpt2j.bench.result;

/** The two kinds of work of a generation. */
public enum Phase {
  /** Evaluating the prompt, and drawing the first token. */
  PREFILL,
  /** Evaluating one token per sequence, and drawing the next. */
  DECODE
}
