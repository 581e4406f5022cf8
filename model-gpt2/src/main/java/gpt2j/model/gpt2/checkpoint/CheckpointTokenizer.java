package gpt2j.model.gpt2.checkpoint;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.WeightFile;
import gpt2j.model.gpt2.safetensors.SafetensorsException;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import gpt2j.model.gpt2.tokenizer.TokenizerFiles;
import gpt2j.model.gpt2.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The tokenizer of a checkpoint of any form.
 *
 * <p>Where a file of a whole model has none, it is that of the folder it lies in; where that has
 * none either and the model has as many tokens as GPT-2, or some more by which its embedding was
 * padded, it is GPT-2's. Else tokens are shown as their ids, and texts are refused.
 */
public final class CheckpointTokenizer {
  private static final int GPT2_SIZE = 50_257;

  /** The next multiple of 1024: nobody pads further. */
  private static final int MOST_PADDED = 51_200;

  private final Supplier<Tokenizer> tokenizer;
  private final Supplier<Map<String, byte[]>> files;
  private final Supplier<Map<String, byte[]>> copied;
  private final boolean known;

  private CheckpointTokenizer(TokenizerFolder folder) {
    tokenizer = folder::tokenizer;
    files = folder::files;
    copied = folder::present;
    known = true;
  }

  private CheckpointTokenizer(Tokenizer own, boolean known) {
    tokenizer = () -> own;
    files = () -> TokenizerFiles.of(own.contents()).content();
    copied = known ? files : Map::of;
    this.known = known;
  }

  /**
   * That of a checkpoint, of whose files each is read once.
   *
   * @param checkpoint a directory or a file, as {@link Checkpoint#open} takes
   * @throws TokenizerException when it can't be used; the message may be to follow "FILE: "
   * @throws CheckpointException when the file can't be read
   */
  public static CheckpointTokenizer of(Path checkpoint) {
    if (isBesideWeights(checkpoint)) {
      return ofFolder(checkpoint);
    }
    Path file =
        Files.isDirectory(checkpoint) ? ModelFiles.alone(checkpoint).orElseThrow() : checkpoint;
    try (WeightFile weights = ModelFiles.open(file)) {
      return weights instanceof ModelFile model
          ? ofModel(file, model)
          : ofFolder(file.toAbsolutePath().getParent());
    } catch (FormatException | SafetensorsException e) {
      throw new CheckpointException(file, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new CheckpointException(file, Io.explain(e), e);
    }
  }

  /**
   * That of a checkpoint which somebody else opens at the same time; no file is opened twice.
   *
   * @param path where it is
   * @param checkpoint waits for it, and is asked only where its files may hold the vocabulary
   * @throws TokenizerException as {@link #of(Path)}
   */
  public static CheckpointTokenizer of(Path path, Supplier<Checkpoint> checkpoint) {
    return isBesideWeights(path) ? ofFolder(path) : of(checkpoint.get());
  }

  /**
   * That of an open checkpoint.
   *
   * @throws TokenizerException as {@link #of(Path)}
   */
  public static CheckpointTokenizer of(Checkpoint checkpoint) {
    Path path = checkpoint.directory();
    try {
      return checkpoint
          .whole()
          .map(model -> ofModel(fileOf(path), model))
          .orElseGet(() -> ofFolder(folderOf(path)));
    } catch (FormatException e) {
      throw new CheckpointException(path, e.problem(), e);
    }
  }

  private static Path fileOf(Path path) {
    return Files.isDirectory(path) ? ModelFiles.alone(path).orElse(path) : path;
  }

  private static Path folderOf(Path path) {
    return Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
  }

  /** Whether it can be told without a look at weights; also where there is nothing at all. */
  private static boolean isBesideWeights(Path checkpoint) {
    return Files.isDirectory(checkpoint)
        ? ModelFiles.alone(checkpoint).isEmpty()
        : !Files.exists(checkpoint);
  }

  private static CheckpointTokenizer ofModel(Path file, ModelFile model) {
    Path directory = file.toAbsolutePath().getParent();
    Optional<Tokenizer> own = model.tokenizer();
    if (own.isEmpty() && TokenizerFolder.of(directory).hasVocabulary()) {
      return ofFolder(directory);
    }
    int size = model.config().vocabularySize();
    return own.isPresent()
        ? new CheckpointTokenizer(own.get(), true)
        : size >= GPT2_SIZE && size <= MOST_PADDED
            ? new CheckpointTokenizer(Tokenizer.gpt2(), true)
            : new CheckpointTokenizer(ofIds(size), false);
  }

  /** Loads it; as {@link #of(Path)}. */
  public static Tokenizer load(Path checkpoint) {
    return of(checkpoint).tokenizer();
  }

  /**
   * The tokenizer.
   *
   * @throws TokenizerException when it can't be used
   */
  public Tokenizer tokenizer() {
    return tokenizer.get();
  }

  /**
   * The files of the vocabulary as Hugging Face has them, by their names; GPT-2's, where the
   * checkpoint has none.
   *
   * @throws TokenizerException when one can't be read, or isn't what its name says
   */
  public Map<String, byte[]> files() {
    return files.get();
  }

  /** As {@link #files}, but nothing where there are none. */
  public Map<String, byte[]> copied() {
    return copied.get();
  }

  /** Whether there is one, and tokens aren't shown as their ids. */
  public boolean isKnown() {
    return known;
  }

  private static CheckpointTokenizer ofFolder(Path directory) {
    return new CheckpointTokenizer(TokenizerFolder.of(directory));
  }

  private static Tokenizer ofIds(int size) {
    return Tokenizer.ofIds(
        size,
        "the model's file has no vocabulary, and its %d tokens aren't GPT-2's: give token ids instead of text, or put a tokenizer.json beside it"
            .formatted(size));
  }
}
