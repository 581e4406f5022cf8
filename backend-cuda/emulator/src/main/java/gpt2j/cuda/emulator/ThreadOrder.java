package gpt2j.cuda.emulator;

/** Which of the threads, warps and blocks that can run goes first. */
public enum ThreadOrder {
  /** The lowest. */
  FORWARD,
  /** The highest. */
  REVERSE,
  /** One drawn by lot. */
  RANDOM
}
