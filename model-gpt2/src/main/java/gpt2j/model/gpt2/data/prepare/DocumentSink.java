package gpt2j.model.gpt2.data.prepare;

/** Takes documents one after another, each in one or more parts. */
interface DocumentSink {
  /** Forgets what it is given. */
  DocumentSink NOTHING =
      new DocumentSink() {
        @Override
        public void text(String text) {
          // not wanted
        }

        @Override
        public void end() {
          // not wanted
        }
      };

  /**
   * The next part of a document, which may end anywhere.
   *
   * @param text well-formed UTF-16, not empty
   */
  void text(String text);

  /** The end of a document, which had at least one part. */
  void end();
}
