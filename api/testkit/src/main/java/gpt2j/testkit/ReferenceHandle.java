package gpt2j.testkit;

import gpt2j.api.tensor.Usage;

/** Something that occupies memory of a reference backend until it is closed. */
abstract class ReferenceHandle implements AutoCloseable {
  private final ReferenceMemory home;
  private final Usage usage;
  private final long bytes;

  ReferenceHandle(ReferenceMemory home, String what, Usage usage, long bytes) {
    home.reserve(what, usage, bytes);
    this.home = home;
    this.usage = usage;
    this.bytes = bytes;
  }

  /** Runs what brings the content, and gives the memory back when it can't. */
  final void fill(Runnable content) {
    try {
      content.run();
    } catch (RuntimeException e) {
      home.release(usage, bytes);
      throw e;
    }
  }

  ReferenceMemory home() {
    return home;
  }

  /** What is occupied. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    home.release(usage, bytes);
  }
}
