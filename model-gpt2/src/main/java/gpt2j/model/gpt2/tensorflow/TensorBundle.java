package gpt2j.model.gpt2.tensorflow;

import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.PartFile;
import gpt2j.model.gpt2.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * An index and the files of tensors that it names by their number, {@code NAME.index} and {@code
 * NAME.data-00000-of-00002} and so on (tensor_bundle.h in TensorFlow's sources).
 */
final class TensorBundle implements AutoCloseable {
  private static final String SUFFIX = ".index";
  private static final int PARTS = 1; // of BundleHeaderProto
  private static final int ORDER = 2;

  private final PositionedFile index;
  private final List<PartFile> data = new ArrayList<>();
  private final List<BundleEntry> tensors = new ArrayList<>();

  private TensorBundle(Path path, PositionedFile index) throws IOException {
    this.index = index;
    Map<String, ByteBuffer> entries = SortedTable.read(index);
    int parts = parts(entries);
    String name = String.valueOf(path.getFileName());
    String stem = name.substring(0, name.length() - SUFFIX.length());
    try {
      for (int part = 0; part < parts; part++) {
        data.add(PartFile.open(path, "%s.data-%05d-of-%05d".formatted(stem, part, parts)));
      }
      entries.forEach(
          (key, value) -> {
            if (!key.isEmpty()) {
              tensors.add(BundleEntry.read(key, value, parts));
            }
          });
      for (int part = 0; part < parts; part++) {
        checkPlaces(part);
      }
    } catch (RuntimeException e) {
      data.forEach(PartFile::close);
      throw e;
    }
  }

  /**
   * Opens an index and its files, and checks where tensors are.
   *
   * @throws FormatException when it isn't one, is damaged, or a file is missing
   * @throws IOException when it can't be read
   */
  static TensorBundle open(Path path) throws IOException {
    if (!String.valueOf(path.getFileName()).endsWith(SUFFIX)) {
      throw new FormatException("is an index of TensorFlow, whose name must end in " + SUFFIX);
    }
    PositionedFile index = PositionedFile.open(path);
    try {
      return new TensorBundle(path, index);
    } catch (IOException | RuntimeException e) {
      index.close();
      throw e;
    }
  }

  /** {@code BundleHeaderProto}: how many files of tensors there are, and the order of bytes. */
  private static int parts(Map<String, ByteBuffer> entries) {
    ByteBuffer header = entries.get("");
    if (header == null) {
      throw new FormatException("is damaged: the entry that describes it is missing");
    }
    Fields fields = new Fields("the entry that describes it", header);
    long parts = 0;
    long order = 0;
    while (fields.hasNext()) {
      switch (fields.next()) {
        case PARTS -> parts = fields.number();
        case ORDER -> order = fields.number();
        default -> fields.skip();
      }
    }
    if (order != 0) {
      throw new FormatException("is big-endian, which is not read");
    }
    if (parts < 1 || parts > PartFile.MOST) {
      throw new FormatException(
          "has its tensors in %s files, not 1 to %d"
              .formatted(Long.toUnsignedString(parts), PartFile.MOST));
    }
    return (int) parts;
  }

  private void checkPlaces(int part) {
    List<BundleEntry> inOrder =
        tensors.stream()
            .filter(tensor -> tensor.part() == part)
            .sorted(Comparator.comparingLong(BundleEntry::offset))
            .toList();
    PartFile file = data.get(part);
    long size = file.file().size();
    long position = 0;
    String previous = "";
    for (BundleEntry tensor : inOrder) {
      String name = Json.printable(tensor.name());
      if (tensor.offset() < 0
          || tensor.bytes() < 0
          || tensor.bytes() > size
          || tensor.offset() > size - tensor.bytes()) {
        throw new FormatException(
            file.at(
                "is cut off or damaged: tensor %s has %s bytes from byte %s on, but it ends at %d"
                    .formatted(
                        name,
                        Long.toUnsignedString(tensor.bytes()),
                        Long.toUnsignedString(tensor.offset()),
                        size)));
      }
      if (tensor.offset() < position) {
        throw new FormatException("tensor %s overlaps tensor %s".formatted(name, previous));
      }
      position = tensor.offset() + tensor.bytes();
      previous = name;
    }
  }

  /** Where tensors are, in the order of the index. */
  List<BundleEntry> tensors() {
    return tensors;
  }

  /** The bytes of one, whose checksum is compared when they are first read. */
  CheckedValues values(BundleEntry tensor) {
    PartFile file = data.get(tensor.part());
    return new CheckedValues(
        Json.printable(tensor.name()),
        (from, to) -> file.read(tensor.offset() + from, to),
        tensor.bytes(),
        tensor.checksum());
  }

  /** How many files have tensors. */
  int parts() {
    return data.size();
  }

  void requireUnchanged() throws IOException {
    index.requireUnchanged();
    for (PartFile file : data) {
      file.requireUnchanged();
    }
  }

  @Override
  public void close() {
    index.close();
    data.forEach(PartFile::close);
  }
}
