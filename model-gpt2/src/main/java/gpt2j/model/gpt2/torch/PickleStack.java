package gpt2j.model.gpt2.torch;

import gpt2j.model.gpt2.format.FormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where a pickle keeps its values: a stack, marks in it, and a memo of what comes up again. */
final class PickleStack {
  private static final int MOST_MARKS = Pickled.MOST_DEPTH;

  private final List<Pickled> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, Pickled> memo = new HashMap<>();
  private final int pickleBytes;

  /**
   * Nothing.
   *
   * @param pickleBytes how long the pickle is, which bounds what it remembers
   */
  PickleStack(int pickleBytes) {
    this.pickleBytes = pickleBytes;
  }

  /** What is thrown for a pickle that does what none that is whole does. */
  static FormatException damaged(String problem) {
    return new FormatException("data.pkl: is damaged: it " + problem);
  }

  void push(Pickled value) {
    stack.add(value);
  }

  private int bottom() {
    return marks.isEmpty() ? 0 : marks.getLast();
  }

  /** The value that came last, which stays. */
  Pickled top() {
    if (stack.size() <= bottom()) {
      throw damaged("takes from an empty stack");
    }
    return stack.getLast();
  }

  Pickled pop() {
    top();
    return stack.removeLast();
  }

  /** So many values, in the order in which they came. */
  List<Pickled> pop(int count) {
    if (stack.size() - bottom() < count) {
      throw damaged("takes from an empty stack");
    }
    return taken(stack.size() - count);
  }

  /** All since the last mark, which is gone then. */
  List<Pickled> popToMark() {
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

  void mark() {
    if (marks.size() == MOST_MARKS) {
      throw new FormatException(
          "data.pkl: things lie in each other more than %d deep".formatted(MOST_MARKS));
    }
    marks.add(stack.size());
  }

  /** Remembers the last value under a number. */
  void remember(int index) {
    // One can't need more places than there are bytes.
    if (index < 0 || index > pickleBytes) {
      throw new FormatException(
          "data.pkl: remembers something as number %s, which no file of its size needs"
              .formatted(Integer.toUnsignedString(index)));
    }
    memo.put(index, top());
  }

  /** Remembers the last value under the next number. */
  void rememberNext() {
    remember(memo.size());
  }

  /** Pushes what was remembered. */
  void recall(int index) {
    Pickled value = memo.get(index);
    if (value == null) {
      throw damaged(
          "recalls number %s, which there isn't".formatted(Integer.toUnsignedString(index)));
    }
    push(value);
  }
}
