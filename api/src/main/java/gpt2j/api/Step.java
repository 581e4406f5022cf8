package gpt2j.api;

/** A recorded sequence of operations. */
public interface Step extends AutoCloseable {
  /** What the step was called when recorded. */
  String name();

  /** Queues the whole sequence once. */
  void run();

  @Override
  void close();
}
