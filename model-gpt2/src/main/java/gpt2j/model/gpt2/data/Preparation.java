package gpt2j.model.gpt2.data;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.NewDirectory;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import gpt2j.model.gpt2.tokenizer.TokenizerFiles;
import gpt2j.model.gpt2.tokenizer.VocabularyTraining;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Makes a {@link DataSet} of texts: reads and checks all files once and counts the documents,
 * learns a vocabulary if it has to, and then encodes, each document either for training or for
 * validation, with an end-of-text after it. A text that is a single document is cut in two, and its
 * end is for validation.
 */
public final class Preparation {
  private static final String READING = "reading";
  private static final String LEARNING = "learning the vocabulary";
  private static final String ENCODING = "encoding";

  private final Corpus corpus;
  private final PreparationOptions options;
  private final PreparationListener listener;

  private Preparation(Corpus corpus, PreparationOptions options, PreparationListener listener) {
    this.corpus = corpus;
    this.options = options;
    this.listener = listener;
  }

  /**
   * Prepares texts.
   *
   * @param inputs files of text, one document each or with lines {@code <|endoftext|>} after
   *     documents; {@code *.jsonl}, with a document in the member {@code text} of each line; or
   *     folders of such files
   * @param out a new directory, or an empty one; it appears when it is complete, or not at all
   * @throws DataException when a file can't be read, isn't what it should be, or there is no text,
   *     or the directory can't be written
   */
  public static PreparationResult run(
      List<Path> inputs, Path out, PreparationOptions options, PreparationListener listener) {
    Corpus corpus = Corpus.of(inputs);
    if (corpus.skipped() > 0) {
      listener.note(
          "note: left out %d files that aren't named *.txt, *.text, *.md or *.jsonl"
              .formatted(corpus.skipped()));
    }
    try (NewDirectory directory = NewDirectory.create(out)) {
      PreparationResult result = new Preparation(corpus, options, listener).write(directory);
      directory.commit();
      return result;
    } catch (UncheckedIOException e) {
      throw unwritable(out, e.getCause());
    } catch (IOException e) {
      throw unwritable(out, e);
    }
  }

  private static DataException unwritable(Path out, IOException cause) {
    return new DataException(out + ": can't be written: " + Io.explain(cause), cause);
  }

  private PreparationResult write(NewDirectory directory) throws IOException {
    Count count = count();
    Vocabulary vocabulary = vocabulary(count);
    for (Map.Entry<String, byte[]> file : vocabulary.files().entrySet()) {
      directory.write(file.getKey(), file.getValue());
    }
    DataDescription description = encode(directory, vocabulary, count);
    requireText(description);
    directory.write(DataDescription.FILE, description.text());
    return new PreparationResult(
        description.vocabularySize(),
        result(description.train()),
        result(description.validation()));
  }

  private static PreparationResult.Part result(DataDescription.Part part) {
    return new PreparationResult.Part(part.documents(), part.bytes(), part.tokens());
  }

  private void requireText(DataDescription description) {
    boolean lacksValidation = options.validation() > 0 && description.validation().bytes() == 0;
    if (lacksValidation || description.train().bytes() == 0) {
      throw new DataException(
          corpus.files().getFirst()
              + ": is too short to set a part apart for validation; give more text, or --validation"
              + " 0");
    }
  }

  /** How many documents there are, and how many characters they have. */
  private static final class Count implements DocumentSink {
    private long documents;
    private long characters;

    @Override
    public void text(String text) {
      characters += text.length();
    }

    @Override
    public void end() {
      documents++;
    }
  }

  private Count count() {
    Count count = new Count();
    read(READING, count);
    if (count.documents == 0) {
      throw new DataException(
          corpus.files().size() == 1
              ? corpus.files().getFirst() + ": has no text"
              : "%s and %d other files: have no text"
                  .formatted(corpus.files().getFirst(), corpus.files().size() - 1));
    }
    return count;
  }

  private void read(String task, DocumentSink sink) {
    corpus.read(sink, bytes -> listener.progressed(task, bytes, corpus.bytes()));
  }

  /** Cuts a document in two, or gives each document to one of two sinks. */
  private DocumentSink split(Count count, DocumentSink train, DocumentSink validation) {
    return count.documents == 1 && options.validation() > 0
        ? new CutDocument(train, validation, (long) (count.characters * (1 - options.validation())))
        : new SplitDocuments(
            train, validation, new Split(count.documents, options.validation(), options.seed()));
  }

  private record Vocabulary(
      String name, Tokenizer tokenizer, Map<String, byte[]> files, int endOfText) {
    static Vocabulary of(String name, TokenizerFiles files) {
      Tokenizer tokenizer = files.tokenizer();
      return new Vocabulary(name, tokenizer, files.content(), tokenizer.endOfText().orElseThrow());
    }
  }

  private Vocabulary vocabulary(Count count) throws IOException {
    return switch (options.vocabulary()) {
      case VocabularyChoice.Gpt2 _ -> {
        // Its files would be the same each time: a folder without any has this vocabulary.
        Tokenizer tokenizer = Tokenizer.gpt2();
        yield new Vocabulary("gpt2", tokenizer, Map.of(), tokenizer.endOfText().orElseThrow());
      }
      case VocabularyChoice.Bytes _ -> Vocabulary.of("bytes", TokenizerFiles.bytes());
      case VocabularyChoice.Learned(int size) -> Vocabulary.of("bpe", learn(size, count));
      case VocabularyChoice.OfCheckpoint(Path directory) -> ofCheckpoint(directory);
    };
  }

  private TokenizerFiles learn(int size, Count count) {
    VocabularyTraining training = new VocabularyTraining();
    DocumentSink counter =
        new DocumentSink() {
          @Override
          public void text(String text) {
            training.add(text);
          }

          @Override
          public void end() {
            // no piece reaches beyond a document
          }
        };
    read(LEARNING, split(count, counter, DocumentSink.NOTHING));
    TokenizerFiles files =
        training.learn(size, _ -> listener.progressed(LEARNING, corpus.bytes(), corpus.bytes()));
    int found = files.tokenizer().vocabularySize();
    if (found < size) {
      listener.note(
          "note: the text has pairs for a vocabulary of %d tokens only, not %d"
              .formatted(found, size));
    }
    return files;
  }

  private static Vocabulary ofCheckpoint(Path directory) throws IOException {
    try {
      Tokenizer tokenizer = Tokenizer.load(directory);
      int endOfText =
          tokenizer
              .endOfText()
              .orElseThrow(
                  () ->
                      new DataException(
                          directory + ": its vocabulary has no token that ends a text"));
      return new Vocabulary("checkpoint", tokenizer, TokenizerFiles.read(directory), endOfText);
    } catch (TokenizerException e) {
      String message = String.valueOf(e.getMessage());
      throw new DataException(
          message.startsWith(directory + ": ") ? message : directory + ": " + message, e);
    }
  }

  private DataDescription encode(NewDirectory directory, Vocabulary vocabulary, Count count)
      throws IOException {
    int size = vocabulary.tokenizer().vocabularySize();
    TokenType type = TokenType.of(size);
    try (EncodedPart train = new EncodedPart(directory.path().resolve(DataSet.TRAIN), type);
        EncodedPart validation =
            new EncodedPart(directory.path().resolve(DataSet.VALIDATION), type);
        Encoding encoding =
            new Encoding(vocabulary.tokenizer(), vocabulary.endOfText(), options.threads())) {
      read(
          ENCODING,
          split(count, new EncodingSink(encoding, train), new EncodingSink(encoding, validation)));
      encoding.finish();
      return new DataDescription(
          vocabulary.name(),
          size,
          vocabulary.endOfText(),
          type,
          train.finish(),
          validation.finish());
    }
  }
}
