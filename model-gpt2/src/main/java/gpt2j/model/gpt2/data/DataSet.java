package gpt2j.model.gpt2.data;

import gpt2j.api.Words;
import gpt2j.model.gpt2.data.DataDescription.Part;
import gpt2j.model.gpt2.memory.Resources;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import gpt2j.model.gpt2.tokenizer.TokenizerFolder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A folder of tokens for training: {@code train.bin} and {@code val.bin}, one token after another,
 * and {@code data.json}, which says what they are, as {@link
 * gpt2j.model.gpt2.data.prepare.Preparation} writes them. Without {@code data.json} it is taken for
 * one of nanoGPT's: two bytes a token, in the vocabulary of the folder's {@code tokenizer.json},
 * else GPT-2's.
 *
 * <p>Files are checked once, when the folder is opened, and read when tokens are needed.
 */
public final class DataSet implements AutoCloseable {
  public static final String TRAIN = "train.bin";
  public static final String VALIDATION = "val.bin";

  private static final String MAKING = "; prepare makes a folder of tokens: prepare %s --out DIR";

  /** The characters of a text by their numbers, which nanoGPT pickles. */
  private static final String PICKLED = "meta.pkl";

  private final Resources resources = new Resources();
  private final Tokenizer tokenizer;
  private final Map<String, byte[]> tokenizerFiles;
  private final TokenSequence train;
  private final TokenSequence validation;
  private final @Nullable DataDescription description;

  private DataSet(
      Path folder,
      Tokenizer tokenizer,
      Map<String, byte[]> tokenizerFiles,
      @Nullable DataDescription description) {
    this.tokenizer = tokenizer;
    this.tokenizerFiles = tokenizerFiles;
    this.description = description;
    try {
      train = shard(folder.resolve(TRAIN), description == null ? null : description.train());
      validation =
          shard(folder.resolve(VALIDATION), description == null ? null : description.validation());
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  /**
   * Opens a folder.
   *
   * @throws DataException when something is missing, damaged or contradicts the rest
   */
  public static DataSet open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          folder
              + (Files.exists(folder)
                  ? ": is a file, not a folder of tokens" + MAKING.formatted(folder)
                  : ": does not exist" + MAKING.formatted("TEXTS")));
    }
    Path file = folder.resolve(DataDescription.FILE);
    if (!exists(file) && !exists(folder.resolve(TRAIN)) && !exists(folder.resolve(VALIDATION))) {
      throw new DataException(folder + ": holds no tokens" + MAKING.formatted(folder));
    }
    DataDescription description = exists(file) ? DataDescription.read(file) : null;
    if (description == null && exists(folder.resolve(PICKLED))) {
      throw new DataException(
          ("%s: vocabularies of characters are not read; make the folder anew of the text: prepare"
                  + " TEXT --vocabulary=bytes --out DIR")
              .formatted(folder.resolve(PICKLED)));
    }
    Tokenizer tokenizer;
    Map<String, byte[]> tokenizerFiles;
    try {
      TokenizerFolder vocabulary = TokenizerFolder.of(folder);
      tokenizer = vocabulary.tokenizer();
      tokenizerFiles = vocabulary.files();
    } catch (TokenizerException e) {
      throw new DataException(folder + ": " + e.getMessage(), e);
    }
    requireFit(file, description, tokenizer);
    return new DataSet(folder, tokenizer, tokenizerFiles, description);
  }

  private static boolean exists(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  private static void requireFit(
      Path file, @Nullable DataDescription description, Tokenizer tokenizer) {
    if (description == null) {
      return;
    }
    if (description.vocabularySize() != tokenizer.vocabularySize()
        || description.endOfText() != tokenizer.endOfText().orElse(-1)) {
      throw new DataException(
          ("%s: says a vocabulary of %d tokens that ends texts with %d, but the tokenizer beside it"
                  + " has %d and %s")
              .formatted(
                  file,
                  description.vocabularySize(),
                  description.endOfText(),
                  tokenizer.vocabularySize(),
                  tokenizer.endOfText().isPresent() ? tokenizer.endOfText().getAsInt() : "none"));
    }
  }

  private TokenSequence shard(Path file, @Nullable Part part) {
    TokenType type = description == null ? TokenType.UINT16 : description.tokenType();
    TokenShard shard = resources.add(TokenShard.open(file, type, vocabularySize()));
    if (part == null) {
      if (shard.size() == 0) {
        throw new DataException(file + ": is empty");
      }
      shard.check();
      return shard;
    }
    if (shard.size() != part.tokens()) {
      throw new DataException(
          "%s: has %s, and %s says %d"
              .formatted(
                  file, Words.count(shard.size(), "token"), DataDescription.FILE, part.tokens()));
    }
    if (!HexFormat.of().toHexDigits(shard.check()).equals(part.crc32c())) {
      throw new DataException(
          "%s: is damaged: its checksum isn't the one in %s".formatted(file, DataDescription.FILE));
    }
    return shard;
  }

  /** What to train on. */
  public TokenSequence train() {
    return train;
  }

  /** What to evaluate on; empty when the data was prepared without. */
  public TokenSequence validation() {
    return validation;
  }

  /** The vocabulary. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** One more than the largest token there may be. */
  public int vocabularySize() {
    return tokenizer.vocabularySize();
  }

  /** The files of the vocabulary by their names, to go beside a checkpoint. */
  public Map<String, byte[]> tokenizerFiles() {
    return tokenizerFiles;
  }

  /** What was measured on this data when it was prepared. */
  public Optional<Baseline> baseline() {
    return Optional.ofNullable(description).flatMap(DataDescription::baseline);
  }

  /**
   * How many bytes a token of the validation text stands for on average; each end-of-text counts as
   * one. The loss per token divided by it is the loss per byte. NaN when there is no such text.
   */
  public double bytesPerToken() {
    long tokens = validation.size();
    if (description != null) {
      Part part = description.validation();
      return (double) (part.bytes() + part.documents()) / tokens;
    }
    long bytes = 0;
    for (TokenBytes symbols = new TokenBytes(tokenizer, validation); symbols.advance(); ) {
      bytes++;
    }
    return (double) bytes / tokens;
  }

  @Override
  public void close() {
    resources.close();
  }
}
