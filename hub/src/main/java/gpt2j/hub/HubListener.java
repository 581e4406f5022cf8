package gpt2j.hub;

/**
 * Is told how a download gets on, by the thread that asked for it. What it throws ends the
 * download; what is there of a file stays for the next.
 */
public interface HubListener {
  /** Listens to nothing. */
  HubListener NONE = new HubListener() {};

  /**
   * How far it is. Called ten times a second, also when nothing has come, once the sizes are known.
   *
   * @param bytes that are there, of this download and of an earlier one that was ended
   * @param total bytes of all files of the model that aren't in the cache
   */
  default void progressed(long bytes, long total) {}

  /** Something that the user should know, in one line. */
  default void note(String line) {}

  /** Called ten times a second before the sizes are known. */
  default void waiting() {}
}
