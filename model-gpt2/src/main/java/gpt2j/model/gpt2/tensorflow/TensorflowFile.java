package gpt2j.model.gpt2.tensorflow;

import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.RoundedDoubles;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.StoredTensor.Values;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A GPT-2 as OpenAI published it: {@code model.ckpt.index}, a table of where tensors are, {@code
 * model.ckpt.data-00000-of-00001}, the tensors, {@code hparams.json}, and the vocabulary in {@code
 * encoder.json} and {@code vocab.bpe}. The tensors may lie in several files.
 */
public final class TensorflowFile implements ModelFile {
  /** The last eight bytes of an index. */
  public static final long MAGIC = SortedTable.MAGIC;

  /** The name of OpenAI's index. */
  public static final String INDEX = "model.ckpt.index";

  private final Path folder;
  private final TensorBundle bundle;
  private final Gpt2Config config;
  private final List<StoredTensor> stored = new ArrayList<>();

  private TensorflowFile(Path folder, TensorBundle bundle) {
    this.folder = folder;
    this.bundle = bundle;
    bundle.tensors().forEach(tensor -> stored.add(stored(tensor)));
    config = Hyperparameters.read(folder);
  }

  /**
   * Opens a checkpoint and checks its index.
   *
   * @param path the index
   * @throws FormatException when it isn't one, or is damaged, or a file that it names is missing
   * @throws IOException when it can't be read
   */
  public static TensorflowFile open(Path path) throws IOException {
    TensorBundle bundle = TensorBundle.open(path);
    try {
      return new TensorflowFile(path.toAbsolutePath().getParent(), bundle);
    } catch (RuntimeException e) {
      bundle.close();
      throw e;
    }
  }

  private StoredTensor stored(BundleEntry entry) {
    Optional<TensorType> type = TensorType.of(entry.type());
    type.ifPresent(known -> known.requireSize(entry));
    Values own = bundle.values(entry);
    boolean isRounded = type.isPresent() && type.get() == TensorType.F64;
    List<Long> sizes = entry.sizes();
    Optional<String> name = TensorNames.fromFile(entry.name());
    if (name.isPresent() && sizes.size() == 3 && sizes.getFirst() == 1) {
      sizes = sizes.subList(1, 3); // a convolution of width 1
    }
    return new StoredTensor(
        name.orElse(entry.name()),
        type.map(Enum::name).orElse("DataType " + entry.type()),
        type.map(TensorType::dataType),
        isRounded,
        sizes,
        entry.bytes(),
        isRounded ? new RoundedDoubles(entry.name(), own) : own);
  }

  @Override
  public List<StoredTensor> stored() {
    return List.copyOf(stored);
  }

  @Override
  public String format() {
    return bundle.parts() == 1
        ? "TensorFlow"
        : "TensorFlow, %d files of tensors".formatted(bundle.parts());
  }

  @Override
  public String settings() {
    return Hyperparameters.FILE;
  }

  @Override
  public Gpt2Config config() {
    return config;
  }

  @Override
  public Optional<Tokenizer> tokenizer() {
    TokenizerFolder files = TokenizerFolder.openAi(folder);
    return files.hasVocabulary() ? Optional.of(files.tokenizer()) : Optional.empty();
  }

  @Override
  public void requireUnchanged() throws IOException {
    bundle.requireUnchanged();
  }

  @Override
  public void close() {
    bundle.close();
  }
}
