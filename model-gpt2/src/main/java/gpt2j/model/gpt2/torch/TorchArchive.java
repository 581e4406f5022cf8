package gpt2j.model.gpt2.torch;

import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.RoundedDoubles;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.StoredTensor.Values;
import gpt2j.model.gpt2.format.Transposer;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.torch.Pickled.Storage;
import gpt2j.model.gpt2.torch.Pickled.Tensor;
import gpt2j.model.gpt2.torch.ZipEntries.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A file that {@code torch.save} wrote: a zip archive with a pickle, {@code data.pkl}, and an entry
 * for each storage that the pickle names.
 */
final class TorchArchive implements AutoCloseable {
  private static final String PICKLE = "/data.pkl";

  /** Many times that of a checkpoint with its optimiser. */
  private static final long MOST_PICKLE_BYTES = 64 << 20;

  private final PositionedFile file;
  private final ZipEntries zip;
  private final String folder;
  private final boolean bigEndian;
  private final Pickled content;
  private final Transposer transposer = new Transposer();

  private TorchArchive(PositionedFile file) throws IOException {
    this.file = file;
    zip = new ZipEntries(file);
    folder =
        zip.entries().keySet().stream()
            .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == folderBytes(name))
            .map(name -> name.substring(0, folderBytes(name) + 1))
            .findFirst()
            .orElseThrow(() -> new FormatException("is a zip archive, but none of torch.save"));
    if (zip.entries().containsKey(folder + "constants.pkl")) {
      throw new FormatException(
          "is a TorchScript archive, which holds programs and is not read; save the model's"
              + " state_dict() with torch.save");
    }
    bigEndian = isBigEndian();
    Entry pickle = zip.entries().get(folder + PICKLE.substring(1));
    if (pickle.bytes() > MOST_PICKLE_BYTES) {
      throw new FormatException(
          "data.pkl has %d bytes, more than %d MiB, the limit"
              .formatted(pickle.bytes(), MOST_PICKLE_BYTES >> 20));
    }
    content = PickleReader.read(zip.content(pickle));
  }

  private static int folderBytes(String name) {
    return name.length() - PICKLE.length();
  }

  /**
   * Opens a file and reads its pickle.
   *
   * @throws FormatException when it is damaged, or asks for what isn't read
   */
  static TorchArchive open(Path path) throws IOException {
    PositionedFile file = PositionedFile.open(path);
    try {
      return new TorchArchive(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private boolean isBigEndian() throws IOException {
    Entry order = zip.entries().get(folder + "byteorder");
    if (order == null) {
      return false;
    }
    String text =
        order.bytes() > Long.BYTES
            ? ""
            : new String(zip.content(order), StandardCharsets.ISO_8859_1);
    return switch (text) {
      case "little" -> false;
      case "big" -> true;
      default -> throw new FormatException("byteorder must be little or big");
    };
  }

  /** What the pickle holds. */
  Pickled content() {
    return content;
  }

  /**
   * A tensor of it.
   *
   * @param turned whether a matrix is to be read the other way round
   * @throws FormatException when the file doesn't have its numbers
   */
  StoredTensor stored(String name, Tensor tensor, boolean turned) {
    Storage storage = tensor.storage();
    StorageType type = storage.type();
    String what = "tensor " + Json.printable(name);
    Entry entry = zip.entries().get(folder + "data/" + storage.key());
    if (entry == null || storage.count() > entry.bytes() / type.bytes()) {
      throw new FormatException(
          "%s has %d numbers in data/%s, but the file has %d bytes there"
              .formatted(
                  what,
                  storage.count(),
                  Json.printable(storage.key()),
                  entry == null ? 0 : entry.bytes()));
    }
    Values own = (from, to) -> file.read(entry.begin() + from, to);
    Values numbers = bigEndian ? new SwappedValues(own, type.bytes()) : own;
    long begin = tensor.offset() * type.bytes();
    Values values =
        StridedValues.isContiguous(tensor)
            ? (from, to) -> numbers.read(begin + from, to)
            : transposer.ordered(() -> StridedValues.read(tensor, numbers));
    if (type == StorageType.F64) {
      values = new RoundedDoubles(name, values);
    }
    List<Long> sizes = tensor.sizes();
    if (turned
        && sizes.size() == 2
        && type.dataType().isPresent()
        && StoredTensor.shape(sizes).isPresent()) {
      int rows = sizes.get(0).intValue();
      int columns = sizes.get(1).intValue();
      DataType dataType = type.dataType().get();
      values = transposer.turned(values, rows, columns, dataType.bytes());
      sizes = sizes.reversed();
    }
    long bytes = sizes.stream().reduce(1L, (a, b) -> a * b) * type.bytes();
    return new StoredTensor(
        name, type.name(), type.dataType(), type == StorageType.F64, sizes, bytes, values);
  }

  void requireUnchanged() throws IOException {
    file.requireUnchanged();
  }

  @Override
  public void close() {
    file.close();
  }
}
