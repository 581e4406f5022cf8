package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.torch.Pickled.Entries;
import gpt2j.model.gpt2.torch.Pickled.Global;
import gpt2j.model.gpt2.torch.Pickled.Items;
import gpt2j.model.gpt2.torch.Pickled.Storage;
import gpt2j.model.gpt2.torch.Pickled.Tensor;
import gpt2j.model.gpt2.torch.Pickled.Whole;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The functions and classes that a pickle may name, and what a call of them makes: tensors and
 * dictionaries. Python would import and run whatever a pickle names; here everything else is
 * refused by its name, as soon as it is named.
 */
final class Globals {
  private static final String DICTIONARY = "collections.OrderedDict";
  private static final String TENSOR = "torch._utils._rebuild_tensor_v2";
  private static final String OLDER_TENSOR = "torch._utils._rebuild_tensor";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final String SIZE = "torch.Size";
  private static final String DEVICE = "torch.device";

  private static final Set<String> CALLED =
      Set.of(DICTIONARY, TENSOR, OLDER_TENSOR, PARAMETER, SIZE, DEVICE);

  /** Values of {@code torch.dtype}, which settings may hold. */
  private static final Set<String> TYPES =
      Set.of(
          "torch.float32",
          "torch.float64",
          "torch.float16",
          "torch.bfloat16",
          "torch.int64",
          "torch.int32",
          "torch.uint8",
          "torch.bool");

  private static final int MOST_AXES = 16;

  private Globals() {}

  /**
   * What a pickle names.
   *
   * @throws FormatException when it isn't known
   */
  static Pickled named(String module, String name) {
    String full = module + "." + name;
    boolean isStorage = module.equals("torch") && StorageType.of(name).isPresent();
    if (isStorage || CALLED.contains(full) || TYPES.contains(full)) {
      return new Global(full);
    }
    throw new FormatException(
        "data.pkl: asks for %s, which is not run: only tensors, containers, texts and numbers are read"
            .formatted(Json.printable(full)));
  }

  /** What a call makes. */
  static Pickled called(Pickled function, List<Pickled> arguments) {
    if (!(function instanceof Global(String name)) || !CALLED.contains(name)) {
      throw new FormatException("data.pkl: calls what is no function that is known");
    }
    return switch (name) {
      case DICTIONARY -> dictionary(arguments);
      case TENSOR, OLDER_TENSOR -> tensor(arguments);
      case PARAMETER -> {
        if (arguments.isEmpty() || !(arguments.getFirst() instanceof Tensor)) {
          throw wrong(name);
        }
        yield arguments.getFirst();
      }
      case SIZE -> {
        if (arguments.size() != 1 || !(arguments.getFirst() instanceof Items)) {
          throw wrong(name);
        }
        yield arguments.getFirst();
      }
      default -> new Pickled.Other();
    };
  }

  private static Pickled dictionary(List<Pickled> arguments) {
    Entries entries = new Entries();
    if (arguments.isEmpty()) {
      return entries;
    }
    if (arguments.size() != 1 || !(arguments.getFirst() instanceof Items pairs)) {
      throw wrong(DICTIONARY);
    }
    for (Pickled pair : pairs.items()) {
      if (!(pair instanceof Items two) || two.items().size() != 2) {
        throw wrong(DICTIONARY);
      }
      entries.put(two.items().getFirst(), two.items().getLast());
    }
    return entries;
  }

  private static Pickled tensor(List<Pickled> arguments) {
    if (arguments.size() < 4
        || !(arguments.get(0) instanceof Storage storage)
        || !(arguments.get(1) instanceof Whole(long offset))
        || !(arguments.get(2) instanceof Items sizes)
        || !(arguments.get(3) instanceof Items strides)
        || sizes.items().size() != strides.items().size()
        || sizes.items().size() > MOST_AXES) {
      throw wrong(TENSOR);
    }
    Tensor tensor = new Tensor(storage, offset, numbers(sizes), numbers(strides));
    requireRoom(tensor);
    return tensor;
  }

  private static List<Long> numbers(Items items) {
    List<Long> numbers = new ArrayList<>();
    for (Pickled item : items.items()) {
      if (!(item instanceof Whole(long number)) || number < 0) {
        throw wrong(TENSOR);
      }
      numbers.add(number);
    }
    return numbers;
  }

  /** Refuses a tensor that has more numbers than its storage, or some beyond its end. */
  private static void requireRoom(Tensor tensor) {
    long count = 1;
    long last = tensor.offset();
    boolean fits = last >= 0;
    try {
      for (int axis = 0; axis < tensor.sizes().size(); axis++) {
        long size = tensor.sizes().get(axis);
        count = Math.multiplyExact(count, size);
        last =
            Math.addExact(
                last, Math.multiplyExact(Math.max(0, size - 1), tensor.strides().get(axis)));
      }
    } catch (ArithmeticException e) {
      fits = false;
    }
    long there = tensor.storage().count();
    if (!fits || count > there || count > 0 && last >= there) {
      throw new FormatException(
          "data.pkl: a tensor %s with strides %s from number %d on is more than its storage of %d has"
              .formatted(tensor.sizes(), tensor.strides(), tensor.offset(), there));
    }
  }

  private static FormatException wrong(String name) {
    return new FormatException("data.pkl: calls %s with wrong arguments".formatted(name));
  }
}
