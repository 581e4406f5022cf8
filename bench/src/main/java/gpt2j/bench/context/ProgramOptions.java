package gpt2j.bench.context;

import java.time.Duration;

/**
 * How the other programs are found. No part of a result's settings, since it belongs to a machine.
 *
 * @param python name or path of the Python that has torch and transformers
 * @param llamaBench name or path of llama.cpp's llama-bench
 * @param download whether to have Maven bring Jlama's jars, if they aren't there
 * @param patience how long a program may take to load the model, or to do a piece of work
 */
public record ProgramOptions(
    String python, String llamaBench, boolean download, Duration patience) {
  /** What is on the PATH, and ten minutes. */
  public static ProgramOptions defaults() {
    return new ProgramOptions("python3", "llama-bench", false, Duration.ofMinutes(10));
  }
}
