package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.checkpoint.CheckpointNotes.Kind;
import gpt2j.model.gpt2.checkpoint.WeightFiles.Located;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.format.StoredTensor;
import gpt2j.model.gpt2.json.Json;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares the tensors that are there with those that a configuration asks for. What transformers
 * takes with a warning is taken with a note: biases that are missing are 0, tensors that the model
 * hasn't are left out. Unlike there, nothing is made up that isn't 0.
 */
final class TensorCheck {
  private static final int PART = 1 << 20; // bytes that are compared at a time

  private final WeightFiles files;
  private final Map<String, Shape> expected;
  private final boolean tied;
  private final List<String> problems;
  private final CheckpointNotes notes;
  private final Map<String, Located> found = new LinkedHashMap<>();

  /**
   * A check.
   *
   * @param problems gets all that is wrong
   * @param notes gets all that is taken nevertheless
   */
  TensorCheck(Gpt2Config config, WeightFiles files, List<String> problems, CheckpointNotes notes) {
    this.files = files;
    this.expected = TensorLayout.of(config);
    this.tied = config.tieWordEmbeddings();
    this.problems = problems;
    this.notes = notes;
    files.tensors().forEach(this::find);
  }

  private void find(Located tensor) {
    String name = TensorLayout.withoutPrefix(tensor.entry().name());
    Located other = TensorLayout.isMask(name) ? null : found.putIfAbsent(name, tensor);
    if (other != null && (expected.containsKey(name) || name.equals(TensorLayout.HEAD))) {
      problem(
          tensor,
          other.label().equals(tensor.label())
              ? "is there both with and without the prefix " + TensorLayout.PREFIX
              : "is in %s too".formatted(other.label()));
    }
  }

  /** The tensors in the order of the layout, unless there were problems. */
  Map<String, HostTensor> tensors() {
    if (tied) {
      settleTiedHead();
    }
    Map<String, Located> strangers = new LinkedHashMap<>(found);
    strangers.keySet().removeAll(expected.keySet());
    checkIndex();
    MissingTensors missing = new MissingTensors(files, problems);
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    expected.forEach(
        (name, shape) -> {
          if (found.containsKey(name)) {
            check(name, shape).ifPresent(t -> tensors.put(name, files.read(t, name)));
          } else if (missing.isZero(name)) {
            tensors.put(name, HostTensor.of(name, shape, new float[shape.size(0)]));
            notes.add(Kind.MISSING_BIAS, name);
          }
        });
    missing.reportPrefixes();
    strangers.values().forEach(tensor -> notes.add(Kind.STRANGER, tensor.entry().name()));
    if (tied && tensors.containsKey(TensorLayout.HEAD) && tensors.containsKey(TensorLayout.WTE)) {
      dropEqualHead(tensors);
    }
    return tensors;
  }

  /** Those of them that a file has, as it has them. */
  Map<String, StoredTensor> stored() {
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    expected.keySet().stream()
        .filter(found::containsKey)
        .forEach(name -> stored.put(name, found.get(name).entry()));
    return stored;
  }

  /** Of two tied tensors a file may hold either, or both. */
  private void settleTiedHead() {
    Located head = found.get(TensorLayout.HEAD);
    if (head == null) {
      return;
    }
    if (found.containsKey(TensorLayout.WTE)) {
      expected.put(TensorLayout.HEAD, expected.get(TensorLayout.WTE));
    } else {
      found.remove(TensorLayout.HEAD);
      found.put(TensorLayout.WTE, head);
    }
  }

  /** As in transformers, an index says which files there are; what they hold is theirs to say. */
  private void checkIndex() {
    Map<String, String> places = files.index().shards();
    if (places.isEmpty()) {
      return;
    }
    Map<String, List<String>> holders = new LinkedHashMap<>();
    for (Located tensor : files.tensors()) {
      holders.computeIfAbsent(tensor.entry().name(), _ -> new ArrayList<>()).add(tensor.label());
    }
    holders.forEach(
        (name, labels) -> {
          if (!labels.equals(List.of(places.getOrDefault(name, "")))) {
            notes.add(Kind.MISPLACED, name);
          }
        });
    places.keySet().stream()
        .filter(name -> !holders.containsKey(name))
        .forEach(name -> notes.add(Kind.MISPLACED, name));
  }

  /** As in transformers, a head that differs from the embedding is not tied to it after all. */
  private static void dropEqualHead(Map<String, HostTensor> tensors) {
    HostTensor head = tensors.get(TensorLayout.HEAD);
    HostTensor wte = tensors.get(TensorLayout.WTE);
    if (head.type() == wte.type() && equal(head, wte)) {
      tensors.remove(TensorLayout.HEAD);
    }
  }

  private static boolean equal(HostTensor a, HostTensor b) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ofA = arena.allocate(PART, Long.BYTES);
      MemorySegment ofB = arena.allocate(PART, Long.BYTES);
      for (long from = 0; from < a.bytes(); from += PART) {
        long count = Math.min(PART, a.bytes() - from);
        a.read(from, ofA.asSlice(0, count));
        b.read(from, ofB.asSlice(0, count));
        if (MemorySegment.mismatch(ofA, 0, count, ofB, 0, count) != -1) {
          return false;
        }
      }
      return true;
    }
  }

  private Optional<Located> check(String name, Shape shape) {
    Located tensor = found.get(name);
    int before = problems.size();
    StoredTensor entry = tensor.entry();
    if (entry.dataType().isEmpty() || entry.dataType().get() == DataType.I32) {
      problem(tensor, "has type %s, but must have %s".formatted(entry.type(), files.types()));
    }
    if (!isShape(tensor.entry().sizes(), shape)) {
      problem(
          tensor,
          "has shape %s, but by %s must have %s"
              .formatted(Json.printable(entry.sizes().toString()), files.settings(), shape));
    }
    if (entry.rounded()) {
      notes.add(Kind.ROUNDED, tensor.entry().name());
    }
    return problems.size() == before ? Optional.of(tensor) : Optional.empty();
  }

  private static boolean isShape(List<Long> sizes, Shape shape) {
    boolean same = sizes.size() == shape.rank();
    for (int axis = 0; same && axis < shape.rank(); axis++) {
      same = sizes.get(axis) == shape.size(axis);
    }
    return same;
  }

  private void problem(Located tensor, String problem) {
    problems.add(
        WeightFiles.at(
            tensor.label(),
            "tensor %s %s".formatted(Json.printable(tensor.entry().name()), problem)));
  }
}
