package gpt2j.model.gpt2.checkpoint;

import gpt2j.model.gpt2.json.Json;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Collects what is odd about a checkpoint that is taken nevertheless, to be told in few lines. */
final class CheckpointNotes {
  private static final int NAMED = 2;

  /** What is odd about a tensor. */
  enum Kind {
    MISSING_BIAS("bias is", "biases are", "missing and taken as 0"),
    ROUNDED("tensor is", "tensors are", "F64 and rounded to float32"),
    STRANGER("tensor is", "tensors are", "no part of the model that %s describes, and left out"),
    MISPLACED("tensor is", "tensors are", "not where it says; what the files hold is taken");

    private final String one;
    private final String many;
    private final String predicate;

    Kind(String one, String many, String predicate) {
      this.one = one;
      this.many = many;
      this.predicate = predicate;
    }
  }

  private final Map<Kind, List<String>> names = new EnumMap<>(Kind.class);

  /** Notes that a tensor is odd. */
  void add(Kind kind, String name) {
    names.computeIfAbsent(kind, _ -> new ArrayList<>()).add(name);
  }

  /**
   * A line for each kind.
   *
   * @param label what to call the files; empty where there is no need to
   * @param settings where the configuration is
   */
  List<String> lines(String label, String settings) {
    return names.entrySet().stream()
        .map(
            entry -> {
              Kind kind = entry.getKey();
              int count = entry.getValue().size();
              return WeightFiles.at(
                  label,
                  "%d %s %s (%s)"
                      .formatted(
                          count,
                          count == 1 ? kind.one : kind.many,
                          kind.predicate.formatted(settings),
                          some(entry.getValue())));
            })
        .toList();
  }

  /** The first of some names. */
  static String some(List<String> names) {
    String first = String.join(", ", names.stream().limit(NAMED).map(Json::printable).toList());
    return names.size() > NAMED ? first + " …" : first;
  }
}
