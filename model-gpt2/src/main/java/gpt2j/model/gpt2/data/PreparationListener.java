package gpt2j.model.gpt2.data;

/** Is told how far a preparation is; what it throws ends it. */
public interface PreparationListener {
  /**
   * Some bytes of the files have been read.
   *
   * @param task what is being done
   * @param bytes read for this task
   * @param total bytes of all files
   */
  void progressed(String task, long bytes, long total);

  /** Something to know, in one line. */
  void note(String line);
}
