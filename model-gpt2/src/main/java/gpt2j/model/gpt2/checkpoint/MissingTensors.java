package gpt2j.model.gpt2.checkpoint;

import gpt2j.model.gpt2.checkpoint.WeightFiles.Located;
import gpt2j.model.gpt2.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells tensors that were never there from those that got lost or have another name. */
final class MissingTensors {
  private static final int LONGEST = 64; // name of a model's tensor

  private final List<String> problems;
  private final Map<String, Located> bySuffix = new HashMap<>();
  private final Map<String, String> indexed = new HashMap<>();
  private final Map<String, List<Located>> prefixed = new LinkedHashMap<>();

  /**
   * Nothing is missing yet.
   *
   * @param problems gets what got lost
   */
  MissingTensors(WeightFiles files, List<String> problems) {
    this.problems = problems;
    for (Located tensor : files.tensors()) {
      String name = tensor.entry().name();
      for (int dot = name.indexOf('.', name.length() - LONGEST);
          dot >= 0;
          dot = name.indexOf('.', dot + 1)) {
        bySuffix.putIfAbsent(name.substring(dot + 1), tensor);
      }
    }
    ShardIndex index = files.index();
    index
        .shards()
        .forEach(
            (name, file) ->
                indexed.put(
                    TensorLayout.withoutPrefix(name),
                    "%s: has no tensor %s, which %s places there"
                        .formatted(file, Json.printable(name), index.file())));
  }

  /**
   * Whether a tensor that no file has was never there and is 0, as only a bias can be; else it is a
   * problem.
   */
  boolean isZero(String name) {
    Located other = bySuffix.get(name);
    if (other != null) {
      String stored = other.entry().name();
      String prefix = stored.substring(0, stored.length() - name.length());
      if (prefix.endsWith(TensorLayout.PREFIX)) {
        prefix = prefix.substring(0, prefix.length() - TensorLayout.PREFIX.length());
      }
      prefixed.computeIfAbsent(prefix, _ -> new ArrayList<>()).add(other);
      return false;
    }
    String lost = indexed.get(name);
    if (lost == null && name.endsWith(".bias")) {
      return true;
    }
    problems.add(lost == null ? "tensor %s is missing".formatted(name) : lost);
    return false;
  }

  /** Adds a problem for all that was found under the same prefix. */
  void reportPrefixes() {
    prefixed.forEach(
        (prefix, tensors) ->
            problems.add(
                WeightFiles.at(
                    tensors.getFirst().label(),
                    "names of tensors begin with %s (%s), which is not read; save them without it"
                        .formatted(
                            Json.printable(prefix),
                            CheckpointNotes.some(
                                tensors.stream().map(tensor -> tensor.entry().name()).toList())))));
  }
}
