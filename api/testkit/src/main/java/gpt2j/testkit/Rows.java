package gpt2j.testkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;

/** The rows of a batch, on the host. */
record Rows(int[] tokens, int[] positions, int[] slots) {
  /** One row. */
  record Row(int token, int position, int slot) {}

  static Rows of(List<Row> rows) {
    return new Rows(column(rows, Row::token), column(rows, Row::position), column(rows, Row::slot));
  }

  /** {@code count} positions of one slot from {@code first} on. */
  static Rows ofSlot(int slot, int first, int count) {
    return of(listOfSlot(slot, first, count));
  }

  static List<Row> listOfSlot(int slot, int first, int count) {
    List<Row> rows = new ArrayList<>();
    for (int position = first; position < first + count; position++) {
      rows.add(new Row(0, position, slot));
    }
    return rows;
  }

  static Rows shuffled(List<Row> rows, long seed) {
    List<Row> shuffled = new ArrayList<>(rows);
    Collections.shuffle(shuffled, new Random(seed));
    return of(shuffled);
  }

  int count() {
    return tokens.length;
  }

  private static int[] column(List<Row> rows, ToIntFunction<Row> column) {
    return rows.stream().mapToInt(column).toArray();
  }
}
