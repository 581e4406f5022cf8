package gpt2j.bench.context;

/** Is told how far a run has come. Called outside of what is timed. */
public interface RunListener {
  /** Nobody listens. */
  RunListener NONE =
      new RunListener() {
        @Override
        public void progressed(String task, long done, long total) {}

        @Override
        public void note(String line) {}
      };

  /**
   * The run has come this far.
   *
   * @param task what is done now, in a few words
   * @param done work done, in units that take about equally long
   * @param total all work
   */
  void progressed(String task, long done, long total);

  /** Something that the user should know, in one line. */
  void note(String line);
}
