package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.torch.Pickled.Entries;
import gpt2j.model.gpt2.torch.Pickled.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parameters in a file: its only content, or in one of its entries.
 *
 * @param tensors by the names that the model gave them
 * @param settings the other entries of a checkpoint of nanoGPT, {@code model_args}; empty where
 *     there are none
 */
record StateDict(Map<String, Tensor> tensors, Map<String, Pickled> settings) {
  private static final String MODEL = "transformer.";
  private static final String FIRST = "h.0.attn.c_attn.weight";

  /** Where checkpoints have them. */
  private static final List<String> PLACES = List.of("model", "state_dict", "model_state_dict");

  /** What torch.compile and DistributedDataParallel put before names. */
  private static final List<String> WRAPPERS = List.of("_orig_mod.", "module.");

  /**
   * Finds them.
   *
   * @throws FormatException when there are none
   */
  static StateDict of(Pickled content) {
    if (!(content instanceof Entries all)) {
      throw new FormatException("holds no dictionary of tensors");
    }
    Map<String, Pickled> settings =
        all.byText().get("model_args") instanceof Entries args ? args.byText() : Map.of();
    for (String place : PLACES) {
      if (all.byText().get(place) instanceof Entries parameters) {
        return new StateDict(named(parameters), settings);
      }
    }
    return new StateDict(named(all), settings);
  }

  private static Map<String, Tensor> named(Entries parameters) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    parameters
        .byText()
        .forEach(
            (full, value) -> {
              String name = unwrapped(full);
              if (value instanceof Tensor tensor && tensors.put(name, tensor) != null) {
                throw new FormatException(
                    "has tensor %s both with a wrapper's prefix and without"
                        .formatted(Json.printable(name)));
              }
            });
    if (tensors.isEmpty()) {
      throw new FormatException("holds no tensors by name; save a model's state_dict()");
    }
    return tensors;
  }

  private static String unwrapped(String name) {
    for (String wrapper : WRAPPERS) {
      if (name.startsWith(wrapper)) {
        return unwrapped(name.substring(wrapper.length()));
      }
    }
    return name;
  }

  /** The tensor that a GPT-2 calls so, with or without {@code transformer.}. */
  Tensor tensor(String name) {
    Tensor tensor = tensors.getOrDefault(MODEL + name, tensors.get(name));
    if (tensor == null || tensor.sizes().isEmpty()) {
      throw new FormatException("holds no GPT-2: tensor %s is missing".formatted(name));
    }
    return tensor;
  }

  /**
   * Whether matrices of linear layers are {@code [outputs, inputs]}, as in nanoGPT and minGPT, not
   * {@code [inputs, outputs]}, as in transformers: the first one has three times as many outputs.
   */
  boolean isTurned() {
    Tensor first = tensors.getOrDefault(MODEL + FIRST, tensors.get(FIRST));
    return first != null
        && first.sizes().size() == 2
        && first.sizes().get(0) == 3 * first.sizes().get(1);
  }
}
