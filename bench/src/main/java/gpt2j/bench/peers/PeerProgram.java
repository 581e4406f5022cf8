package gpt2j.bench.peers;

/** A program that can be measured. */
interface PeerProgram {
  /** Its name in results. */
  String name();

  /**
   * Starts it.
   *
   * @throws PeerException when it isn't installed, or doesn't have what it is to be opened with
   */
  OpenPeer open(Conditions conditions) throws PeerException;
}
