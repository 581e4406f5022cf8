package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelFile;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.format.WeightFile;
import gpt2j.model.gpt2.safetensors.SafetensorsException;
import gpt2j.model.gpt2.safetensors.SafetensorsFile;
import gpt2j.model.gpt2.torch.TorchWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A checkpoint's open files of weights, one or several, as one collection of tensors. */
final class WeightFiles implements AutoCloseable {
  static final String SINGLE = "model.safetensors";
  private static final String PICKLED = "pytorch_model.bin";
  private static final String PYTORCH = "PyTorch";

  /**
   * A tensor and the file that holds it.
   *
   * @param label the file's name, for messages; empty where it is the checkpoint's own
   */
  record Located(StoredTensor entry, String label) {}

  private final Path directory;
  private final Map<String, WeightFile> files = new LinkedHashMap<>();
  private final List<Located> tensors = new ArrayList<>();
  private ShardIndex index = ShardIndex.NONE;
  private Optional<ModelFile> whole = Optional.empty();
  private String label = SINGLE;
  private String settings = ConfigReader.FILE;
  private String format = "safetensors";
  private String types = ModelFile.USUAL_TYPES;

  private WeightFiles(Path directory) {
    this.directory = directory;
  }

  /** No files. */
  static WeightFiles none() {
    return new WeightFiles(Path.of(""));
  }

  /**
   * A file that is open, with a config.json beside it.
   *
   * @param label its name, for messages
   */
  static WeightFiles of(Path directory, WeightFile file, String label) {
    WeightFiles weights = new WeightFiles(directory);
    weights.label = label;
    weights.add(file, label);
    return weights;
  }

  /** A file of a whole model. */
  static WeightFiles of(Path path, ModelFile file) {
    WeightFiles weights = of(path, file, "");
    weights.whole = Optional.of(file);
    weights.settings = file.settings();
    weights.types = file.types();
    weights.format = file.format();
    return weights;
  }

  /**
   * Opens the files of a directory.
   *
   * @param problems gets everything that is wrong, each with the file's name
   * @return what could be opened
   */
  static WeightFiles open(Path directory, List<String> problems) {
    WeightFiles weights = new WeightFiles(directory);
    // The order is that of transformers.
    if (isThere(directory.resolve(SINGLE))) {
      weights.openFile(SINGLE, problems);
    } else if (isThere(directory.resolve(ShardIndex.SAFETENSORS))) {
      weights.openShards(ShardIndex.SAFETENSORS, problems);
    } else if (isThere(directory.resolve(PICKLED))) {
      weights.format = PYTORCH;
      weights.label = PICKLED;
      weights.openFile(PICKLED, problems);
    } else if (isThere(directory.resolve(ShardIndex.PICKLED))) {
      weights.format = PYTORCH;
      weights.openShards(ShardIndex.PICKLED, problems);
    } else {
      problems.add(absent(directory));
    }
    return weights;
  }

  /** A link that leads nowhere is there too, to be reported as such. */
  private static boolean isThere(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  private void openShards(String name, List<String> problems) {
    index = ShardIndex.read(directory, name, problems);
    index.shards().values().stream().distinct().forEach(shard -> openFile(shard, problems));
  }

  private void openFile(String name, List<String> problems) {
    try {
      Path file = directory.resolve(name);
      boolean isPickled = format.equals(PYTORCH);
      add(isPickled ? TorchWeights.open(file) : SafetensorsFile.open(file, name), name);
    } catch (FormatException e) {
      problems.add(name + ": " + e.problem());
    } catch (SafetensorsException e) {
      problems.add(e.getMessage());
    } catch (IOException e) {
      problems.add(name + ": " + Io.explain(e));
    }
  }

  private void add(WeightFile file, String label) {
    files.put(label, file);
    file.stored().forEach(entry -> tensors.add(new Located(entry, label)));
  }

  /** Every tensor of every file; two files may have some of the same name. */
  List<Located> tensors() {
    return Collections.unmodifiableList(tensors);
  }

  /** Where the index places each tensor; empty without an index. */
  ShardIndex index() {
    return index;
  }

  /** The only file, where it holds a whole model. */
  Optional<ModelFile> whole() {
    return whole;
  }

  /** What to call all of them in messages. */
  String label() {
    return index.isEmpty() ? label : index.file();
  }

  /** Where the configuration is, for messages. */
  String settings() {
    return settings;
  }

  /** What the format is called. */
  String format() {
    return format;
  }

  /** The types that weights may have, for messages. */
  String types() {
    return types;
  }

  /** What is said of a file, after its name, where it has one of its own. */
  static String at(String label, String text) {
    return label.isEmpty() ? text : label + ": " + text;
  }

  /**
   * A tensor, whose values are read when they are needed; a {@link CheckpointException} says that
   * they can't be.
   *
   * @param name what to call it from now on
   */
  HostTensor read(Located tensor, String name) {
    return tensor.entry().read(name, e -> failure(tensor.label(), e));
  }

  private CheckpointException failure(String label, IOException e) {
    return new CheckpointException(directory, at(label, Io.explain(e)), e);
  }

  /**
   * Returns unless a file was written to since it was opened.
   *
   * @throws CheckpointException when one was
   */
  void requireUnchanged() {
    files.forEach(
        (label, file) -> {
          try {
            file.requireUnchanged();
          } catch (IOException e) {
            throw failure(label, e);
          }
        });
  }

  @Override
  public void close() {
    files.values().forEach(WeightFile::close);
  }

  private static String absent(Path directory) {
    String needed = "has neither %s nor %s".formatted(SINGLE, ShardIndex.SAFETENSORS);
    try (Stream<Path> content = Files.list(directory)) {
      return content
          .map(path -> path.getFileName().toString())
          .filter(WeightFiles::isPickle)
          .sorted()
          .findFirst()
          .map(pickle -> needed + conversion(pickle))
          .orElse(needed);
    } catch (IOException e) {
      return needed;
    }
  }

  private static boolean isPickle(String file) {
    return file.startsWith("pytorch_model") || file.endsWith(".pt") || file.endsWith(".pth");
  }

  private static String conversion(String pickle) {
    return pickle.startsWith("pytorch_model-")
        ? ", only %s, and of several files %s must tell which has what"
            .formatted(pickle, ShardIndex.PICKLED)
        : ", only %s: give that file itself".formatted(pickle);
  }
}
