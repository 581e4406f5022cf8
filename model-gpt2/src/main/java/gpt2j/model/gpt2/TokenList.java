package gpt2j.model.gpt2;

import java.util.Arrays;
import java.util.List;

/** A growing list of tokens without boxes. */
final class TokenList {
  private int[] tokens = new int[64];
  private int size;

  int size() {
    return size;
  }

  int get(int index) {
    return tokens[index];
  }

  void add(int token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
    }
    tokens[size++] = token;
  }

  void addAll(int... added) {
    for (int token : added) {
      add(token);
    }
  }

  /** Drops the last tokens but {@code newSize}. */
  void truncate(int newSize) {
    size = newSize;
  }

  /** The tokens from {@code from} on. */
  int[] from(int from) {
    return Arrays.copyOfRange(tokens, from, size);
  }

  int[] range(int from, int to) {
    return Arrays.copyOfRange(tokens, from, to);
  }

  /** The tokens from {@code from} on, before {@code to}. */
  List<Integer> list(int from, int to) {
    return Arrays.stream(tokens, from, to).boxed().toList();
  }
}
