package gpt2j.testkit;

import gpt2j.api.Usage;

/** Something that occupies memory of a reference backend until it is closed. */
abstract class ReferenceHandle implements AutoCloseable {
  private final ReferenceMemory home;
  private final String what;
  private final Usage usage;
  private final long bytes;
  private boolean open = true;

  ReferenceHandle(ReferenceMemory home, String what, Usage usage, long bytes) {
    home.reserve(what, usage, bytes);
    this.home = home;
    this.what = what;
    this.usage = usage;
    this.bytes = bytes;
  }

  /** Runs what brings the content, and gives the memory back when it can't. */
  final void fill(Runnable content) {
    try {
      content.run();
    } catch (RuntimeException e) {
      home.release(usage, bytes);
      open = false;
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

  void requireOpen() {
    home.requireOpen();
    if (!open) {
      throw new IllegalStateException(what + " was closed");
    }
  }

  @Override
  public void close() {
    if (open && home.isOpen()) {
      home.release(usage, bytes);
    }
    open = false;
  }
}
