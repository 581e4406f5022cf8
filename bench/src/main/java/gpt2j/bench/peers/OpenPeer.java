package gpt2j.bench.peers;

/** A program that has loaded the model. */
interface OpenPeer extends AutoCloseable {
  /** Its version and what it runs on. */
  String version();

  /** Whether it warms up by itself in each measurement. */
  boolean warmsUp();

  /**
   * Has it do something.
   *
   * @throws PeerException when it can't, or fails
   */
  Sample measure(Work work) throws PeerException;

  @Override
  void close();
}
