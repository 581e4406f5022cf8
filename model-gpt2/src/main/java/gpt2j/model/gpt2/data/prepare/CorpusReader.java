package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Reads the documents of a corpus, as often as it takes: the same ones each time. */
final class CorpusReader {
  private final Corpus corpus;

  /** What each of the files was when it was first read. */
  private final List<DocumentReader.Content> contents = new ArrayList<>();

  private Path current;

  CorpusReader(Corpus corpus) {
    this.corpus = corpus;
    current = corpus.files().getFirst();
  }

  /** The file that is being read, or was read last. */
  Path current() {
    return current;
  }

  /**
   * Reads all documents.
   *
   * @param progress is told how many bytes of all files have been read
   * @throws DataException when a file can't be read, isn't what it should be, or isn't any more
   *     what it was the last time
   */
  void read(DocumentSink sink, LongConsumer progress) {
    long[] done = new long[1];
    for (int i = 0; i < corpus.files().size(); i++) {
      current = corpus.files().get(i);
      DocumentReader reader =
          Corpus.isJsonLines(current)
              ? new JsonlDocuments(current, sink)
              : new TextDocuments(current, sink);
      DocumentReader.Content content =
          reader.read(
              count -> {
                done[0] += count;
                progress.accept(done[0]);
              });
      if (i == contents.size()) {
        contents.add(content);
      } else if (!contents.get(i).equals(content)) {
        throw new DataException(
            current + ": has changed while it was prepared; begin again when it is complete");
      }
    }
  }
}
