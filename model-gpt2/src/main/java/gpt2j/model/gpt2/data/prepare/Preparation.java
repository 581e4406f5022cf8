package gpt2j.model.gpt2.data.prepare;

import gpt2j.api.Words;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.data.Baseline;
import gpt2j.model.gpt2.data.DataDescription;
import gpt2j.model.gpt2.data.DataException;
import gpt2j.model.gpt2.data.DataSet;
import gpt2j.model.gpt2.data.MarkovChain;
import gpt2j.model.gpt2.data.ShardWriter;
import gpt2j.model.gpt2.data.TokenShard;
import gpt2j.model.gpt2.data.TokenType;
import gpt2j.model.gpt2.data.prepare.PreparationListener.Unit;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.NewDirectory;
import gpt2j.model.gpt2.tokenizer.TextCutter;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import gpt2j.model.gpt2.tokenizer.TokenizerFiles;
import gpt2j.model.gpt2.tokenizer.VocabularyTraining;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Makes a {@link DataSet} of texts: reads and checks all files once and measures the documents,
 * learns a vocabulary if it has to, and then encodes, each document either for training or for
 * validation, with an end-of-text after it. Where whole documents can't come near the share that is
 * for validation, the end of one is cut off for it: of the only one, for example.
 */
public final class Preparation {
  private static final String READING = "reading";
  private static final String COUNTING = "counting words";
  private static final String LEARNING = "learning the vocabulary";
  private static final String BASELINE = "measuring a Markov chain";
  private static final String ENCODING = "encoding";

  private final Corpus corpus;
  private final CorpusReader reader;
  private final PreparationOptions options;
  private final PreparationListener listener;

  private Preparation(Corpus corpus, PreparationOptions options, PreparationListener listener) {
    this.corpus = corpus;
    reader = new CorpusReader(corpus);
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
  public static DataDescription run(
      List<Path> inputs, Path out, PreparationOptions options, PreparationListener listener) {
    Corpus corpus = Corpus.of(inputs);
    if (corpus.skipped() > 0) {
      listener.note(
          "note: left out %s not named *.txt, *.text, *.md or *.jsonl"
              .formatted(Words.count(corpus.skipped(), "file")));
    }
    try (NewDirectory directory = NewDirectory.create(out)) {
      DataDescription result = new Preparation(corpus, options, listener).write(directory);
      directory.commit();
      return result;
    } catch (UncheckedIOException e) {
      throw unwritable(out, e.getCause());
    } catch (IOException e) {
      throw unwritable(out, e);
    }
  }

  private static DataException unwritable(Path out, IOException cause) {
    return new DataException(out + ": " + Io.unwritable(cause), cause);
  }

  private DataDescription write(NewDirectory directory) throws IOException {
    long[] sizes = sizes();
    Split split = new Split(sizes, options.validation(), options.seed());
    requireText(options.validation() == 0 || split.isThere());
    if (split.cuts() && sizes.length > 1) {
      listener.note(
          "note: the end of one document is cut off for validation, since whole ones don't come"
              + " near the share that it is to have");
    }
    Documents documents = new Documents(split, sizes);
    Vocabulary vocabulary = vocabulary(documents);
    for (Map.Entry<String, byte[]> file : vocabulary.files().entrySet()) {
      directory.write(file.getKey(), file.getValue());
    }
    DataDescription description = encode(directory, vocabulary, documents);
    requireText(options.validation() == 0 || description.validation().bytes() > 0);
    directory.write(DataDescription.FILE, description.text());
    return description;
  }

  private void requireText(boolean isThere) {
    if (!isThere) {
      throw new DataException(
          corpus.files().getFirst()
              + ": is too short to set a part apart for validation; give more text, or --validation"
              + " 0");
    }
  }

  /** How many characters each document has. */
  private long[] sizes() {
    LongStream.Builder sizes = LongStream.builder();
    read(
        READING,
        new DocumentSink() {
          private long characters;

          @Override
          public void text(String text) {
            characters += text.length();
          }

          @Override
          public void end() {
            sizes.add(characters);
            characters = 0;
          }
        });
    long[] all = sizes.build().toArray();
    if (all.length == 0) {
      throw new DataException(
          corpus.files().size() == 1
              ? corpus.files().getFirst() + ": has no text"
              : "%s and %d other files: have no text"
                  .formatted(corpus.files().getFirst(), corpus.files().size() - 1));
    }
    return all;
  }

  private void read(String task, DocumentSink sink) {
    reader.read(sink, bytes -> listener.progressed(task, bytes, corpus.bytes(), Unit.BYTES));
  }

  /** Where which documents go. */
  private record Documents(Split split, long... sizes) {
    DocumentSink to(DocumentSink train, DocumentSink validation) {
      return new SplitDocuments(train, validation, split, sizes);
    }
  }

  private record Vocabulary(
      String name, Tokenizer tokenizer, Map<String, byte[]> files, int endOfText) {
    static Vocabulary of(String name, TokenizerFiles files) {
      Tokenizer tokenizer = files.tokenizer();
      return new Vocabulary(name, tokenizer, files.content(), tokenizer.endOfText().orElseThrow());
    }
  }

  private Vocabulary vocabulary(Documents documents) throws IOException {
    return switch (options.vocabulary()) {
      case VocabularyChoice.Gpt2 _ -> {
        // Its files would be the same each time: a folder without any has this vocabulary.
        Tokenizer tokenizer = Tokenizer.gpt2();
        yield new Vocabulary("gpt2", tokenizer, Map.of(), tokenizer.endOfText().orElseThrow());
      }
      case VocabularyChoice.Bytes _ -> Vocabulary.of("bytes", TokenizerFiles.bytes());
      case VocabularyChoice.Learned(int size) -> Vocabulary.of("bpe", learn(size, documents));
      case VocabularyChoice.OfCheckpoint(Path directory) -> ofCheckpoint(directory);
    };
  }

  private TokenizerFiles learn(int size, Documents documents) {
    VocabularyTraining training = new VocabularyTraining();
    TextCutter parts =
        new TextCutter(
            TokenizerFiles.bytes().tokenizer(),
            Encoding.CHARACTERS_PER_TASK,
            part -> training.add(part.text()));
    DocumentSink counter =
        new DocumentSink() {
          @Override
          public void text(String text) {
            parts.add(text);
          }

          @Override
          public void end() {
            parts.end();
          }
        };
    read(COUNTING, documents.to(counter, DocumentSink.NOTHING));
    TokenizerFiles files =
        training.learn(size, tokens -> listener.progressed(LEARNING, tokens, size, Unit.TOKENS));
    int found = files.tokenizer().vocabularySize();
    if (found < size) {
      listener.note(
          "note: the text has pairs for a vocabulary of %d tokens only, not %d"
              .formatted(found, size));
    }
    return files;
  }

  private static Vocabulary ofCheckpoint(Path directory) {
    try {
      CheckpointTokenizer of = CheckpointTokenizer.of(directory);
      Tokenizer tokenizer = of.tokenizer();
      int endOfText =
          tokenizer
              .endOfText()
              .orElseThrow(
                  () ->
                      new DataException(
                          directory + ": its vocabulary has no token that ends a text"));
      return new Vocabulary("checkpoint", tokenizer, of.files(), endOfText);
    } catch (TokenizerException e) {
      String message = String.valueOf(e.getMessage());
      throw new DataException(
          message.startsWith(directory + ": ") ? message : directory + ": " + message, e);
    }
  }

  private DataDescription encode(NewDirectory directory, Vocabulary vocabulary, Documents documents)
      throws IOException {
    int size = vocabulary.tokenizer().vocabularySize();
    TokenType type = TokenType.of(size);
    try (ShardWriter train = new ShardWriter(directory.path().resolve(DataSet.TRAIN), type);
        ShardWriter validation =
            new ShardWriter(directory.path().resolve(DataSet.VALIDATION), type);
        Encoding encoding =
            new Encoding(
                vocabulary.tokenizer(),
                vocabulary.endOfText(),
                options.threads(),
                reader::current,
                listener::note)) {
      read(ENCODING, documents.to(encoding.to(train), encoding.to(validation)));
      encoding.finish();
      DataDescription.Part first = train.finish();
      DataDescription.Part second = validation.finish();
      boolean measures =
          options.baseline() && second.bytes() > 0 && first.bytes() <= Baseline.MOST_BYTES;
      return new DataDescription(
          vocabulary.name(),
          size,
          vocabulary.endOfText(),
          type,
          first,
          second,
          measures
              ? Optional.of(baseline(directory.path(), vocabulary.tokenizer(), type))
              : Optional.empty());
    }
  }

  private Baseline baseline(Path directory, Tokenizer tokenizer, TokenType type) {
    int vocabulary = tokenizer.vocabularySize();
    try (TokenShard train = TokenShard.open(directory.resolve(DataSet.TRAIN), type, vocabulary);
        TokenShard validation =
            TokenShard.open(directory.resolve(DataSet.VALIDATION), type, vocabulary)) {
      long all = train.size() + validation.size();
      MarkovChain chain =
          new MarkovChain(
              Baseline.ORDER,
              tokenizer,
              train,
              tokens -> listener.progressed(BASELINE, tokens, all, Unit.TOKENS));
      double loss =
          chain.loss(
              tokenizer,
              validation,
              tokens -> listener.progressed(BASELINE, train.size() + tokens, all, Unit.TOKENS));
      return new Baseline(Baseline.ORDER, loss);
    }
  }
}
