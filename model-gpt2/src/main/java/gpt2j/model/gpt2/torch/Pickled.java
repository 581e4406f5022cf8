package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.format.FormatException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a pickle is made of. Nothing in here does anything. */
sealed interface Pickled {
  /** How deep things may lie in each other; a checkpoint has them some five deep. */
  int MOST_DEPTH = 64;

  /** How deep something is: 0 for what holds nothing else. */
  default int depth() {
    return 0;
  }

  record Text(String value) implements Pickled {}

  record Whole(long value) implements Pickled {}

  record Real(double value) implements Pickled {}

  record Flag(boolean value) implements Pickled {}

  /** {@code None}, bytes, a device: what nobody looks at. */
  record Other() implements Pickled {}

  /** A class or a function, by its name; only such as {@link Globals} knows. */
  record Global(String name) implements Pickled {}

  /**
   * A storage: numbers in the file.
   *
   * @param key names its entry
   * @param count how many numbers
   */
  record Storage(StorageType type, String key, long count) implements Pickled {}

  /**
   * A view of a storage.
   *
   * @param offset the first of its numbers in the storage
   * @param strides how far numbers are apart along each axis
   */
  record Tensor(Storage storage, long offset, List<Long> sizes, List<Long> strides)
      implements Pickled {}

  /** A list, a tuple or a set. */
  final class Items implements Pickled {
    private final List<Pickled> items = new ArrayList<>();
    private int depth = 1;

    Items() {}

    Items(List<Pickled> items) {
      items.forEach(this::add);
    }

    void add(Pickled item) {
      depth = Pickled.around(depth, item);
      items.add(item);
    }

    List<Pickled> items() {
      return items;
    }

    @Override
    public int depth() {
      return depth;
    }
  }

  /** A dictionary; of its keys only texts are kept apart, whose values somebody looks at. */
  final class Entries implements Pickled {
    private final Map<String, Pickled> byText = new LinkedHashMap<>();
    private int depth = 1;

    void put(Pickled key, Pickled value) {
      depth = Pickled.around(Pickled.around(depth, key), value);
      if (key instanceof Text(String text)) {
        byText.put(text, value);
      }
    }

    /** Those whose key is a text. */
    Map<String, Pickled> byText() {
      return byText;
    }

    @Override
    public int depth() {
      return depth;
    }
  }

  private static int around(int depth, Pickled item) {
    if (item.depth() >= MOST_DEPTH) {
      throw new FormatException(
          "data.pkl: things lie in each other more than %d deep".formatted(MOST_DEPTH));
    }
    return Math.max(depth, 1 + item.depth());
  }
}
