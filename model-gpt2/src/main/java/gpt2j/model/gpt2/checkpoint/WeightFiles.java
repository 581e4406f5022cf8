package gpt2j.model.gpt2.checkpoint;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.safetensors.SafetensorsException;
import gpt2j.model.gpt2.safetensors.SafetensorsFile;
import gpt2j.model.gpt2.safetensors.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A checkpoint's open safetensors files, one or several, as one collection of tensors. */
final class WeightFiles implements AutoCloseable {
  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  /**
   * A tensor and the file that holds it.
   *
   * @param label the file's name, for messages
   */
  record Located(TensorEntry entry, SafetensorsFile file, String label) {}

  private final Map<String, SafetensorsFile> files = new LinkedHashMap<>();
  private final Map<String, Located> tensors = new LinkedHashMap<>();

  private WeightFiles() {}

  /** No files. */
  static WeightFiles none() {
    return new WeightFiles();
  }

  /**
   * A file that is open.
   *
   * @param label its name, for messages
   */
  static WeightFiles of(SafetensorsFile file, String label) {
    WeightFiles weights = new WeightFiles();
    weights.files.put(label, file);
    file.tensors()
        .values()
        .forEach(entry -> weights.tensors.put(entry.name(), new Located(entry, file, label)));
    return weights;
  }

  /**
   * Opens the files of a directory.
   *
   * @param problems gets everything that is wrong, each with the file's name
   * @return what could be opened
   */
  static WeightFiles open(Path directory, List<String> problems) {
    WeightFiles weights = new WeightFiles();
    // The order is that of transformers.
    if (isThere(directory.resolve(SINGLE))) {
      weights.openFile(directory, SINGLE, problems);
    } else if (isThere(directory.resolve(INDEX))) {
      weights.openShards(directory, problems);
    } else {
      problems.add(absent(directory));
    }
    return weights;
  }

  /** A link that leads nowhere is there too, to be reported as such. */
  private static boolean isThere(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** Every tensor by its name in the file. */
  Map<String, Located> tensors() {
    return tensors;
  }

  @Override
  public void close() {
    files.values().forEach(SafetensorsFile::close);
  }

  private void openShards(Path directory, List<String> problems) {
    int before = problems.size();
    Map<String, String> index = ShardIndex.read(directory.resolve(INDEX), problems);
    index.values().stream().distinct().forEach(shard -> openFile(directory, shard, problems));
    if (problems.size() > before) {
      return; // what follows would only repeat it for every tensor of a missing shard
    }
    index.forEach(
        (name, shard) -> {
          Located tensor = tensors.get(name);
          if (tensor == null || !tensor.label().equals(shard)) {
            problems.add(
                "%s: has no tensor %s, which %s places there"
                    .formatted(shard, Json.printable(name), INDEX));
          }
        });
    tensors.forEach(
        (name, tensor) -> {
          if (!index.containsKey(name)) {
            problems.add(
                "%s: tensor %s is not in %s"
                    .formatted(tensor.label(), Json.printable(name), INDEX));
          }
        });
  }

  private void openFile(Path directory, String name, List<String> problems) {
    try {
      Path path = directory.resolve(name);
      Io.requireRegularFile(path);
      SafetensorsFile file = SafetensorsFile.open(path, name);
      files.put(name, file);
      for (TensorEntry entry : file.tensors().values()) {
        Located earlier = tensors.putIfAbsent(entry.name(), new Located(entry, file, name));
        if (earlier != null) {
          problems.add(
              "%s: tensor %s is in %s too"
                  .formatted(name, Json.printable(entry.name()), earlier.label()));
        }
      }
    } catch (SafetensorsException e) {
      problems.add(e.getMessage());
    } catch (IOException e) {
      problems.add(name + ": " + Io.explain(e));
    }
  }

  private static String absent(Path directory) {
    String needed = "has neither %s nor %s".formatted(SINGLE, INDEX);
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
    return ", only pickled weights (%s), which are not read: convert them in Python with transformers' GPT2LMHeadModel.from_pretrained(DIR).save_pretrained(NEW_DIR)"
        .formatted(pickle);
  }
}
