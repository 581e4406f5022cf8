package gpt2j.model.gpt2.data.prepare;

/** Is told how far a preparation is; what it throws ends it. */
public interface PreparationListener {
  /** What work is counted in. */
  enum Unit {
    /** Of all files. */
    BYTES,

    /** Of a vocabulary that is learned. */
    TOKENS
  }

  /**
   * Some work is done.
   *
   * @param task what is being done
   * @param done of this task
   * @param total of this task
   */
  void progressed(String task, long done, long total, Unit unit);

  /** Something to know, in one line. */
  void note(String line);
}
