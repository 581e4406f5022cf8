package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.torch.Pickled.Entries;
import gpt2j.model.gpt2.torch.Pickled.Items;
import gpt2j.model.gpt2.torch.Pickled.Storage;
import gpt2j.model.gpt2.torch.Pickled.Text;
import gpt2j.model.gpt2.torch.Pickled.Whole;
import java.nio.BufferUnderflowException;
import java.util.List;

/**
 * Reads a pickle of protocols 2 to 5, as {@code torch.save} writes them, without running anything
 * ({@code Lib/pickletools.py} describes the operations). It is a program for a machine with a
 * stack; what the operations make here are {@link Pickled} values, each in time and memory bounded
 * by its own bytes.
 */
final class PickleReader {
  private final PickleBytes in;
  private final PickleStack stack;

  private PickleReader(byte... pickle) {
    in = new PickleBytes(pickle);
    stack = new PickleStack(in.size());
  }

  /**
   * What a pickle holds.
   *
   * @throws FormatException when it is damaged, or asks for what isn't read
   */
  static Pickled read(byte... pickle) {
    PickleReader reader = new PickleReader(pickle);
    try {
      while (true) {
        int operation = reader.in.oneByte();
        if (operation == '.') {
          return reader.stack.pop();
        }
        reader.run(operation);
      }
    } catch (BufferUnderflowException e) {
      throw new FormatException("data.pkl: is cut off");
    }
  }

  private void run(int operation) {
    switch (operation) {
      case 0x80 -> protocol(in.oneByte());
      case 0x95 -> in.skip(Long.BYTES); // FRAME: how many bytes follow, which doesn't matter
      case '(' -> stack.mark();
      case '0' -> stack.pop();
      case '1' -> stack.popToMark();
      case '2' -> stack.push(stack.top());
      case 'N' -> stack.push(new Pickled.Other());
      case 0x88 -> stack.push(new Pickled.Flag(true));
      case 0x89 -> stack.push(new Pickled.Flag(false));
      case 'J' -> stack.push(new Whole(in.intNumber()));
      case 'K' -> stack.push(new Whole(in.oneByte()));
      case 'M' -> stack.push(new Whole(in.twoBytes()));
      case 0x8a -> stack.push(longNumber(in.bytes(in.oneByte())));
      case 'G' -> stack.push(new Pickled.Real(in.real()));
      case 'X' -> stack.push(new Text(in.text(in.intNumber())));
      case 0x8c -> stack.push(new Text(in.text(in.oneByte())));
      case 0x8d -> stack.push(new Text(in.text(in.wideCount())));
      case 'B' -> other(in.intNumber());
      case 'C' -> other(in.oneByte());
      case 0x8e -> other(in.wideCount());
      default -> runOnStack(operation);
    }
  }

  /** Operations that make something of what is there. */
  private void runOnStack(int operation) {
    switch (operation) {
      case ')', ']', 0x8f -> stack.push(new Items());
      case '}' -> stack.push(new Entries());
      case 't', 'l', 0x91 -> stack.push(new Items(stack.popToMark()));
      case 0x85 -> stack.push(new Items(stack.pop(1)));
      case 0x86 -> stack.push(new Items(stack.pop(2)));
      case 0x87 -> stack.push(new Items(stack.pop(3)));
      case 'd' -> {
        List<Pickled> entries = stack.popToMark();
        stack.push(new Entries());
        put(entries);
      }
      case 'a' -> add(stack.pop(1));
      case 'e', 0x90 -> add(stack.popToMark());
      case 's' -> put(stack.pop(2));
      case 'u' -> put(stack.popToMark());
      case 'q' -> stack.remember(in.oneByte());
      case 'r' -> stack.remember(in.intNumber());
      case 0x94 -> stack.rememberNext();
      case 'h' -> stack.recall(in.oneByte());
      case 'j' -> stack.recall(in.intNumber());
      case 'c' -> stack.push(Globals.named(in.line(), in.line()));
      case 0x93 -> {
        List<Pickled> names = stack.pop(2);
        stack.push(Globals.named(text(names.getFirst()), text(names.getLast())));
      }
      case 'R', 0x81 -> {
        List<Pickled> call = stack.pop(2);
        stack.push(Globals.called(call.getFirst(), items(call.getLast())));
      }
      case 'b' -> build();
      case 'Q' -> stack.push(storage(items(stack.pop())));
      default ->
          throw new FormatException(
              "data.pkl: operation 0x%02x at byte %d is not read"
                  .formatted(operation, in.position() - 1));
    }
  }

  private static void protocol(int version) {
    if (version < 2 || version > 5) {
      throw new FormatException("data.pkl: has protocol %d, not 2 to 5".formatted(version));
    }
  }

  private void add(List<Pickled> items) {
    if (!(stack.top() instanceof Items list)) {
      throw PickleStack.damaged("adds to what is no list");
    }
    items.forEach(list::add);
  }

  private void put(List<Pickled> entries) {
    if (!(stack.top() instanceof Entries map) || entries.size() % 2 != 0) {
      throw PickleStack.damaged("puts entries into what is no dictionary");
    }
    for (int i = 0; i < entries.size(); i += 2) {
      map.put(entries.get(i), entries.get(i + 1));
    }
  }

  /** Sets attributes: a dictionary of parameters has some, which nobody needs. */
  private void build() {
    Pickled attributes = stack.pop();
    if (!(stack.top() instanceof Entries) || !(attributes instanceof Entries)) {
      throw PickleStack.damaged("sets attributes of what is no dictionary");
    }
  }

  /** {@code ('storage', torch.FloatStorage, key, location, count)}. */
  private static Storage storage(List<Pickled> id) {
    if (id.size() != 5
        || !(id.get(0) instanceof Text(String kind))
        || !kind.equals("storage")
        || !(id.get(1) instanceof Pickled.Global(String name))
        || !(id.get(2) instanceof Text(String key))
        || !(id.get(4) instanceof Whole(long count))
        || count < 0) {
      throw PickleStack.damaged("names a storage in another way than torch.save does");
    }
    StorageType type =
        StorageType.of(name.substring(name.lastIndexOf('.') + 1))
            .orElseThrow(() -> PickleStack.damaged("names a storage of " + name));
    return new Storage(type, key, count);
  }

  private static List<Pickled> items(Pickled value) {
    if (!(value instanceof Items items)) {
      throw PickleStack.damaged("has something else where a tuple must be");
    }
    return items.items();
  }

  private static String text(Pickled value) {
    if (!(value instanceof Text(String text))) {
      throw PickleStack.damaged("has something else where a name must be");
    }
    return text;
  }

  private static Pickled longNumber(byte... bytes) {
    long value = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      value = i == bytes.length - 1 ? bytes[i] : value << 8 | bytes[i] & 0xFF;
    }
    // Larger ones are nothing that is looked at.
    return bytes.length > Long.BYTES ? new Pickled.Other() : new Whole(value);
  }

  private void other(int count) {
    in.skip(count);
    stack.push(new Pickled.Other());
  }
}
