package gpt2j.model.gpt2.engine;

import gpt2j.model.gpt2.Sample;

/** A sample that has a slot of the cache. */
final class Runner {
  private final Submission submission;
  private final Sample sample;
  private final int slot;
  private int[] text; // to be cached but for its last token, which a step evaluates
  private boolean begun; // whether it was looked for in the cache
  private boolean ready; // whether a step may draw for it
  private boolean drawing; // whether the next step will
  private long readyAt;
  private boolean drew;

  Runner(Submission submission, Sample sample, int slot) {
    this.submission = submission;
    this.sample = sample;
    this.slot = slot;
    text = sample.window();
  }

  Submission submission() {
    return submission;
  }

  Sample sample() {
    return sample;
  }

  int slot() {
    return slot;
  }

  /** What the next token follows. */
  int[] text() {
    return text;
  }

  /** How much of the text the cache must hold. */
  int cached() {
    return text.length - 1;
  }

  /** Whether it was decided how much of the text need not be evaluated. */
  boolean hasBegun() {
    return begun;
  }

  void begin() {
    begun = true;
  }

  boolean isReady() {
    return ready;
  }

  void makeReady(long now) {
    ready = true;
    if (!drew) {
      readyAt = now;
    }
  }

  boolean isDrawing() {
    return drawing;
  }

  void setDrawing(boolean value) {
    drawing = value;
  }

  /** Its text begins elsewhere, or nothing of it is to be kept: it must be evaluated again. */
  void again() {
    text = sample.window();
    begun = false;
    ready = false;
  }

  /** When its prompt was evaluated. */
  long readyAt() {
    return readyAt;
  }

  /** Whether no token was drawn before; counts as one. */
  boolean isFirstDraw() {
    boolean first = !drew;
    drew = true;
    return first;
  }
}
