package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The weights in a file that {@code torch.save} wrote, without a configuration. */
public final class TorchWeights implements WeightFile {
  /** The first four bytes of a file. */
  public static final int MAGIC = ZipEntries.LOCAL;

  private static final Pattern LINEAR =
      Pattern.compile("(transformer\\.)?h\\.\\d+\\.(attn|mlp)\\.c_\\w+\\.weight");

  private final TorchArchive archive;
  private final StateDict parameters;
  private final List<StoredTensor> stored;

  private TorchWeights(TorchArchive archive) {
    this.archive = archive;
    parameters = StateDict.of(archive.content());
    boolean isTurned = parameters.isTurned();
    stored =
        parameters.tensors().entrySet().stream()
            .map(
                entry ->
                    archive.stored(
                        entry.getKey(),
                        entry.getValue(),
                        isTurned && LINEAR.matcher(entry.getKey()).matches()))
            .toList();
  }

  /**
   * Opens a file and finds its weights. Nothing of it is run.
   *
   * @throws FormatException when it is damaged, asks for what isn't read, or holds no weights
   * @throws IOException when it can't be read
   */
  public static TorchWeights open(Path path) throws IOException {
    TorchArchive archive = TorchArchive.open(path);
    try {
      return new TorchWeights(archive);
    } catch (RuntimeException e) {
      archive.close();
      throw e;
    }
  }

  /** Whether the file says what model it is, as nanoGPT's checkpoints do. */
  public boolean hasSettings() {
    return !parameters.settings().isEmpty();
  }

  StateDict parameters() {
    return parameters;
  }

  @Override
  public List<StoredTensor> stored() {
    return stored;
  }

  @Override
  public void requireUnchanged() throws IOException {
    archive.requireUnchanged();
  }

  @Override
  public void close() {
    archive.close();
  }
}
