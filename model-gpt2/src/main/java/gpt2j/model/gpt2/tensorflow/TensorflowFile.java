package gpt2j.model.gpt2.tensorflow;

import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.RoundedDoubles;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.StoredTensor.Values;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A GPT-2 as OpenAI published it: {@code model.ckpt.index}, a table of where tensors are, {@code
 * model.ckpt.data-00000-of-00001}, the tensors, {@code hparams.json}, and the vocabulary in {@code
 * encoder.json} and {@code vocab.bpe}.
 */
public final class TensorflowFile implements ModelFile {
  /** The last eight bytes of an index. */
  public static final long MAGIC = SortedTable.MAGIC;

  /** The name of OpenAI's index. */
  public static final String INDEX = "model.ckpt.index";

  private static final String SUFFIX = ".index";
  private static final String SETTINGS = "hparams.json";

  private static final Pattern OUTSIDE = Pattern.compile("model/(wte|wpe|ln_f/[gb])");
  private static final Pattern INSIDE =
      Pattern.compile("model/h(0|[1-9]\\d{0,5})/(ln_[12]|attn/c_\\w+|mlp/c_\\w+)/([gbw])");

  private final Path folder;
  private final PositionedFile index;
  private final PositionedFile data;
  private final String dataName;
  private final Gpt2Config config;
  private final List<StoredTensor> stored = new ArrayList<>();

  private TensorflowFile(Path path, PositionedFile index, PositionedFile data, String dataName)
      throws IOException {
    folder = path.toAbsolutePath().getParent();
    this.index = index;
    this.data = data;
    this.dataName = dataName;
    Map<String, ByteBuffer> entries = SortedTable.read(index);
    requireOnePart(entries);
    List<BundleEntry> tensors = new ArrayList<>();
    entries.forEach(
        (name, value) -> {
          if (!name.isEmpty()) {
            tensors.add(BundleEntry.read(name, value));
          }
        });
    checkPlaces(tensors);
    tensors.forEach(tensor -> stored.add(stored(tensor)));
    config = readConfig(folder.resolve(SETTINGS));
  }

  /**
   * Opens a checkpoint and checks its index.
   *
   * @param path the index
   * @throws FormatException when it isn't one, or is damaged
   * @throws IOException when it can't be read
   */
  public static TensorflowFile open(Path path) throws IOException {
    String name = String.valueOf(path.getFileName());
    if (!name.endsWith(SUFFIX)) {
      throw new FormatException("is an index of TensorFlow, whose name must end in " + SUFFIX);
    }
    String dataName = name.substring(0, name.length() - SUFFIX.length()) + ".data-00000-of-00001";
    PositionedFile index = PositionedFile.open(path);
    PositionedFile data = null;
    try {
      data = openData(path.resolveSibling(dataName), dataName);
      return new TensorflowFile(path, index, data, dataName);
    } catch (IOException | RuntimeException e) {
      index.close();
      if (data != null) {
        data.close();
      }
      throw e;
    }
  }

  private static PositionedFile openData(Path path, String name) {
    try {
      return PositionedFile.open(path);
    } catch (IOException e) {
      throw new FormatException(name + ": " + Io.explain(e));
    }
  }

  /** {@code BundleHeaderProto}: how many files of tensors there are, and the order of bytes. */
  private static void requireOnePart(Map<String, ByteBuffer> entries) {
    ByteBuffer header = entries.get("");
    if (header == null) {
      throw new FormatException("is damaged: the entry that describes it is missing");
    }
    Fields fields = new Fields("the entry that describes it", header);
    long parts = 0;
    long order = 0;
    while (fields.hasNext()) {
      switch (fields.next()) {
        case 1 -> parts = fields.number();
        case 2 -> order = fields.number();
        default -> fields.skip();
      }
    }
    if (parts != 1 || order != 0) {
      throw new FormatException(
          parts != 1
              ? "has its tensors in %d files, only one is read".formatted(parts)
              : "is big-endian, which is not read");
    }
  }

  private void checkPlaces(List<BundleEntry> tensors) {
    List<BundleEntry> inOrder = new ArrayList<>(tensors);
    inOrder.sort(Comparator.comparingLong(BundleEntry::offset));
    long position = 0;
    String previous = "";
    for (BundleEntry tensor : inOrder) {
      String name = Json.printable(tensor.name());
      if (tensor.offset() < 0
          || tensor.bytes() < 0
          || tensor.bytes() > data.size()
          || tensor.offset() > data.size() - tensor.bytes()) {
        throw new FormatException(
            "%s: is cut off or damaged: tensor %s has %s bytes from byte %s on, but it ends at %d"
                .formatted(
                    dataName,
                    name,
                    Long.toUnsignedString(tensor.bytes()),
                    Long.toUnsignedString(tensor.offset()),
                    data.size()));
      }
      if (tensor.offset() < position) {
        throw new FormatException("tensor %s overlaps tensor %s".formatted(name, previous));
      }
      position = tensor.offset() + tensor.bytes();
      previous = name;
    }
  }

  /** The numbers of {@code enum DataType} in TensorFlow's types.proto. */
  private enum Type {
    F32(1, 4, DataType.F32),
    F64(2, 8, DataType.F32),
    BF16(14, 2, DataType.BF16),
    F16(19, 2, DataType.F16);

    private final int number;
    private final int bytes;
    private final DataType dataType;

    Type(int number, int bytes, DataType dataType) {
      this.number = number;
      this.bytes = bytes;
      this.dataType = dataType;
    }

    static Optional<Type> of(int number) {
      return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }
  }

  private StoredTensor stored(BundleEntry entry) {
    Optional<Type> type = Type.of(entry.type());
    if (type.isPresent()) {
      requireSize(entry, type.get());
    }
    Values own =
        new CheckedValues(
            Json.printable(entry.name()),
            (from, to) -> data.read(entry.offset() + from, to),
            entry.bytes(),
            entry.checksum());
    boolean isRounded = type.isPresent() && type.get() == Type.F64;
    List<Long> sizes = entry.sizes();
    Optional<String> name = name(entry.name());
    if (name.isPresent() && sizes.size() == 3 && sizes.getFirst() == 1) {
      sizes = sizes.subList(1, 3); // a convolution of width 1
    }
    return new StoredTensor(
        name.orElse(entry.name()),
        type.map(Enum::name).orElse("DataType " + entry.type()),
        type.map(known -> known.dataType),
        isRounded,
        sizes,
        entry.bytes(),
        isRounded ? new RoundedDoubles(entry.name(), own) : own);
  }

  private static void requireSize(BundleEntry entry, Type type) {
    long bytes = type.bytes;
    try {
      for (long size : entry.sizes()) {
        bytes = Math.multiplyExact(bytes, size);
      }
    } catch (ArithmeticException e) {
      bytes = -1;
    }
    if (bytes != entry.bytes()) {
      throw new FormatException(
          "is damaged: tensor %s %s of type %s has %d bytes"
              .formatted(Json.printable(entry.name()), entry.sizes(), type, entry.bytes()));
    }
  }

  /** Hugging Face's name; none for what GPT-2 hasn't. */
  private static Optional<String> name(String name) {
    Matcher inside = INSIDE.matcher(name);
    if (inside.matches()) {
      String part = inside.group(2).replace('/', '.');
      return Optional.of("h.%s.%s.%s".formatted(inside.group(1), part, kind(inside.group(3))));
    }
    Matcher outside = OUTSIDE.matcher(name);
    if (!outside.matches()) {
      return Optional.empty();
    }
    String part = outside.group(1);
    return Optional.of(
        part.startsWith("ln_f/")
            ? "ln_f." + kind(part.substring(part.length() - 1))
            : part + ".weight");
  }

  private static String kind(String letter) {
    return letter.equals("b") ? "bias" : "weight";
  }

  private static Gpt2Config readConfig(Path file) {
    try {
      Map<String, JsonValue> members = Json.readObject(Io.readSmall(file)).members();
      return Gpt2Config.builder()
          .vocabularySize(size(members, "n_vocab", Gpt2Config.MAX_VOCABULARY_SIZE))
          .contextLength(size(members, "n_ctx", Gpt2Config.MAX_CONTEXT_LENGTH))
          .embeddingWidth(size(members, "n_embd", Gpt2Config.MAX_EMBEDDING_WIDTH))
          .heads(size(members, "n_head", Gpt2Config.MAX_EMBEDDING_WIDTH))
          .layers(size(members, "n_layer", Gpt2Config.MAX_LAYERS))
          .build();
    } catch (IllegalArgumentException | JsonException e) {
      throw new FormatException(SETTINGS + ": " + e.getMessage());
    } catch (IOException e) {
      throw new FormatException(SETTINGS + ": " + Io.explain(e));
    }
  }

  private static int size(Map<String, JsonValue> members, String name, int max) {
    JsonValue value = members.get(name);
    if (value instanceof JsonValue.JsonNumber(String digits) && digits.matches("\\d{1,9}")) {
      int size = Integer.parseInt(digits);
      if (size >= 1 && size <= max) {
        return size;
      }
    }
    throw new FormatException(
        "%s: %s %s"
            .formatted(
                SETTINGS,
                name,
                value == null
                    ? "is missing"
                    : "must be an integer from 1 to %d, not %s".formatted(max, value)));
  }

  @Override
  public List<StoredTensor> stored() {
    return List.copyOf(stored);
  }

  @Override
  public String format() {
    return "TensorFlow";
  }

  @Override
  public String settings() {
    return SETTINGS;
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
    index.requireUnchanged();
    data.requireUnchanged();
  }

  @Override
  public void close() {
    index.close();
    data.close();
  }
}
