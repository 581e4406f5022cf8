package gpt2j.bench.table;

import gpt2j.bench.result.BenchmarkCase;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Columns of a table, by what each shows of what a row is made of. */
final class Columns<R> {
  private final Map<String, Function<R, Cell>> columns = new LinkedHashMap<>();

  Columns<R> add(String name, Function<R, Cell> cell) {
    columns.put(name, cell);
    return this;
  }

  Columns<R> word(String name, Function<R, String> word) {
    return add(name, row -> Cell.of(word.apply(row)));
  }

  Columns<R> number(String name, Function<R, ? extends Number> number) {
    return add(
        name,
        row ->
            number.apply(row) instanceof Double value
                ? Cell.of(value)
                : Cell.of(number.apply(row).longValue()));
  }

  /** What computes a case. */
  Columns<R> device(Function<R, BenchmarkCase> of) {
    return word("backend", row -> of.apply(row).backend())
        .add("precision", row -> Units.precision(of.apply(row).precision()));
  }

  Table table(Iterable<R> rows) {
    Table table = new Table(columns.keySet().toArray(String[]::new));
    rows.forEach(
        row ->
            table.add(columns.values().stream().map(cell -> cell.apply(row)).toArray(Cell[]::new)));
    return table;
  }
}
