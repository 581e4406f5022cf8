package gpt2j.model.gpt2.torch;

import static java.nio.charset.StandardCharsets.US_ASCII;

import gpt2j.model.gpt2.format.FileCursor;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.torch.Pickled.Entries;
import gpt2j.model.gpt2.torch.Pickled.Items;
import gpt2j.model.gpt2.torch.Pickled.Storage;
import gpt2j.model.gpt2.torch.Pickled.Text;
import gpt2j.model.gpt2.torch.Pickled.Whole;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle of protocols 2 to 5, as {@code torch.save} writes them, without running anything
 * ({@code Lib/pickletools.py} describes the operations). It is a program for a machine with a
 * stack, a memo and marks; what the operations make here are {@link Pickled} values, each in time
 * and memory bounded by its own bytes.
 */
final class PickleReader {
  private static final int MOST_MARKS = Pickled.MOST_DEPTH;

  private final ByteBuffer in;
  private final List<Pickled> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, Pickled> memo = new HashMap<>();

  private PickleReader(byte... pickle) {
    in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
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
        int operation = reader.in.get() & 0xFF;
        if (operation == '.') {
          return reader.pop();
        }
        reader.run(operation);
      }
    } catch (BufferUnderflowException e) {
      throw new FormatException("data.pkl: is cut off");
    }
  }

  private void run(int operation) {
    switch (operation) {
      case 0x80 -> protocol(in.get() & 0xFF);
      case 0x95 -> in.getLong(); // FRAME: how many bytes follow, which doesn't matter
      case '(' -> mark();
      case '0' -> pop();
      case '1' -> popToMark();
      case '2' -> push(top());
      case 'N' -> push(new Pickled.Other());
      case 0x88 -> push(new Pickled.Flag(true));
      case 0x89 -> push(new Pickled.Flag(false));
      case 'J' -> push(new Whole(in.getInt()));
      case 'K' -> push(new Whole(in.get() & 0xFF));
      case 'M' -> push(new Whole(in.getShort() & 0xFFFF));
      case 0x8a -> push(longNumber(in.get() & 0xFF));
      case 'G' -> push(new Pickled.Real(Double.longBitsToDouble(Long.reverseBytes(in.getLong()))));
      case 'X' -> push(new Text(text(in.getInt())));
      case 0x8c -> push(new Text(text(in.get() & 0xFF)));
      case 0x8d -> push(new Text(text(wide())));
      case 'B' -> other(in.getInt());
      case 'C' -> other(in.get() & 0xFF);
      case 0x8e -> other(wide());
      default -> runOnStack(operation);
    }
  }

  /** Operations that make something of what is there. */
  private void runOnStack(int operation) {
    switch (operation) {
      case ')', ']', 0x8f -> push(new Items());
      case '}' -> push(new Entries());
      case 't', 'l', 0x91 -> push(new Items(popToMark()));
      case 0x85 -> push(new Items(pop(1)));
      case 0x86 -> push(new Items(pop(2)));
      case 0x87 -> push(new Items(pop(3)));
      case 'd' -> {
        List<Pickled> entries = popToMark();
        push(new Entries());
        put(entries);
      }
      case 'a' -> add(pop(1));
      case 'e', 0x90 -> add(popToMark());
      case 's' -> put(pop(2));
      case 'u' -> put(popToMark());
      case 'q' -> remember(in.get() & 0xFF);
      case 'r' -> remember(in.getInt());
      case 0x94 -> remember(memo.size());
      case 'h' -> push(remembered(in.get() & 0xFF));
      case 'j' -> push(remembered(in.getInt()));
      case 'c' -> push(Globals.named(line(), line()));
      case 0x93 -> {
        List<Pickled> names = pop(2);
        push(Globals.named(text(names.getFirst()), text(names.getLast())));
      }
      case 'R', 0x81 -> {
        List<Pickled> call = pop(2);
        push(Globals.called(call.getFirst(), items(call.getLast())));
      }
      case 'b' -> build();
      case 'Q' -> push(storage(items(pop())));
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

  private void push(Pickled value) {
    stack.add(value);
  }

  private int bottom() {
    return marks.isEmpty() ? 0 : marks.getLast();
  }

  private Pickled top() {
    if (stack.size() <= bottom()) {
      throw damaged("takes from an empty stack");
    }
    return stack.getLast();
  }

  private Pickled pop() {
    top();
    return stack.removeLast();
  }

  private List<Pickled> pop(int count) {
    if (stack.size() - bottom() < count) {
      throw damaged("takes from an empty stack");
    }
    return taken(stack.size() - count);
  }

  private List<Pickled> popToMark() {
    if (marks.isEmpty()) {
      throw damaged("has no mark");
    }
    return taken(marks.removeLast());
  }

  private List<Pickled> taken(int from) {
    List<Pickled> top = stack.subList(from, stack.size());
    List<Pickled> taken = new ArrayList<>(top);
    top.clear();
    return taken;
  }

  private void mark() {
    if (marks.size() == MOST_MARKS) {
      throw new FormatException(
          "data.pkl: things lie in each other more than %d deep".formatted(MOST_MARKS));
    }
    marks.add(stack.size());
  }

  private void remember(int index) {
    // One can't need more places than there are bytes.
    if (index < 0 || index > in.capacity()) {
      throw new FormatException(
          "data.pkl: remembers something as number %s, which no file of its size needs"
              .formatted(Integer.toUnsignedString(index)));
    }
    memo.put(index, top());
  }

  private Pickled remembered(int index) {
    Pickled value = memo.get(index);
    if (value == null) {
      throw damaged(
          "recalls number %s, which there isn't".formatted(Integer.toUnsignedString(index)));
    }
    return value;
  }

  private void add(List<Pickled> items) {
    if (!(top() instanceof Items list)) {
      throw damaged("adds to what is no list");
    }
    items.forEach(list::add);
  }

  private void put(List<Pickled> entries) {
    if (!(top() instanceof Entries map) || entries.size() % 2 != 0) {
      throw damaged("puts entries into what is no dictionary");
    }
    for (int i = 0; i < entries.size(); i += 2) {
      map.put(entries.get(i), entries.get(i + 1));
    }
  }

  /** Sets attributes: a dictionary of parameters has some, which nobody needs. */
  private void build() {
    Pickled attributes = pop();
    if (!(top() instanceof Entries) || !(attributes instanceof Entries)) {
      throw damaged("sets attributes of what is no dictionary");
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
      throw damaged("names a storage in another way than torch.save does");
    }
    StorageType type =
        StorageType.of(name.substring(name.lastIndexOf('.') + 1))
            .orElseThrow(() -> damaged("names a storage of " + name));
    return new Storage(type, key, count);
  }

  private static List<Pickled> items(Pickled value) {
    if (!(value instanceof Items items)) {
      throw damaged("has something else where a tuple must be");
    }
    return items.items();
  }

  private static String text(Pickled value) {
    if (!(value instanceof Text(String text))) {
      throw damaged("has something else where a name must be");
    }
    return text;
  }

  private Pickled longNumber(int count) {
    byte[] bytes = bytes(count);
    long value = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      value = i == bytes.length - 1 ? bytes[i] : value << 8 | bytes[i] & 0xFF;
    }
    // Larger ones are nothing that is looked at.
    return count > Long.BYTES ? new Pickled.Other() : new Whole(value);
  }

  private int wide() {
    long count = in.getLong();
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw new BufferUnderflowException();
    }
    return (int) count;
  }

  private void other(int count) {
    if (count < 0 || count > in.remaining()) {
      throw new BufferUnderflowException();
    }
    in.position(in.position() + count);
    push(new Pickled.Other());
  }

  private String text(int count) {
    return FileCursor.utf8(bytes(count), "a text in data.pkl");
  }

  private byte[] bytes(int count) {
    if (count < 0 || count > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[count];
    in.get(bytes);
    return bytes;
  }

  private String line() {
    int begin = in.position();
    while (in.get() != '\n') {}
    return new String(in.array(), begin, in.position() - 1 - begin, US_ASCII);
  }

  private static FormatException damaged(String problem) {
    return new FormatException("data.pkl: is damaged: it " + problem);
  }
}
