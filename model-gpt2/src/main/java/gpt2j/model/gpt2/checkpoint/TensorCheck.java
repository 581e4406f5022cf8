package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.DataType;
import gpt2j.api.HostTensor;
import gpt2j.api.Shape;
import gpt2j.model.gpt2.Gpt2Config;
import gpt2j.model.gpt2.checkpoint.WeightFiles.Located;
import gpt2j.model.gpt2.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Compares the tensors that are there with those that a configuration asks for. */
final class TensorCheck {
  private final Map<String, Shape> expected;
  private final boolean tied;
  private final List<String> problems;
  private final Map<String, Located> found = new LinkedHashMap<>();

  TensorCheck(Gpt2Config config, Map<String, Located> stored, List<String> problems) {
    this.expected = TensorLayout.of(config);
    this.tied = config.tieWordEmbeddings();
    this.problems = problems;
    stored.values().forEach(this::find);
  }

  private void find(Located tensor) {
    String name = TensorLayout.withoutPrefix(tensor.entry().name());
    if (!TensorLayout.isIgnored(name) && found.putIfAbsent(name, tensor) != null) {
      problem(tensor, "is there both with and without the prefix " + TensorLayout.PREFIX);
    }
  }

  /** The tensors in the order of the layout, unless there were problems. */
  Map<String, HostTensor> tensors() {
    if (tied) {
      settleTiedHead();
    }
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    expected.forEach(
        (name, shape) ->
            check(name, shape)
                .ifPresent(tensor -> tensors.put(name, tensor.file().read(tensor.entry(), name))));
    found.forEach(
        (name, tensor) -> {
          if (!expected.containsKey(name)) {
            problem(tensor, "is no part of the model that config.json describes");
          }
        });
    if (tied && tensors.containsKey(TensorLayout.HEAD) && tensors.containsKey(TensorLayout.WTE)) {
      dropEqualHead(tensors);
    }
    return tensors;
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

  /** As in transformers, a head that differs from the embedding is not tied to it after all. */
  private static void dropEqualHead(Map<String, HostTensor> tensors) {
    HostTensor head = tensors.get(TensorLayout.HEAD);
    HostTensor wte = tensors.get(TensorLayout.WTE);
    boolean equal = head.type() == wte.type() && head.data().mismatch(wte.data()) == -1;
    head.data().unload();
    wte.data().unload();
    if (equal) {
      tensors.remove(TensorLayout.HEAD);
    }
  }

  private Optional<Located> check(String name, Shape shape) {
    Located tensor = found.get(name);
    if (tensor == null) {
      problems.add("tensor %s is missing".formatted(name));
      return Optional.empty();
    }
    int before = problems.size();
    Optional<DataType> type = tensor.entry().type().dataType();
    if (type.isEmpty() || type.get() == DataType.I32) {
      problem(
          tensor, "has type %s, but must have F32, F16 or BF16".formatted(tensor.entry().type()));
    }
    if (!isShape(tensor.entry().sizes(), shape)) {
      problem(
          tensor,
          "has shape %s, but by config.json must have %s"
              .formatted(Json.printable(tensor.entry().sizes().toString()), shape));
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
        "%s: tensor %s %s"
            .formatted(tensor.label(), Json.printable(tensor.entry().name()), problem));
  }
}
