package gpt2j.cli.data;

import gpt2j.api.tensor.GeluForm;
import gpt2j.bench.table.Cell;
import gpt2j.bench.table.Table;
import gpt2j.model.gpt2.convert.Converted;
import gpt2j.model.gpt2.convert.TensorError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a conversion tells. */
final class ConvertTables {
  private static final double MIB = 1 << 20;
  private static final int LONGEST_BAR = 24;

  private ConvertTables() {}

  /** Tensors that are alike but for their layer. */
  private record Kind(String name, String from, String to) {}

  private static final class Sum {
    private int count;
    private long read;
    private long written;

    void add(Converted.Tensor tensor) {
      count++;
      read += tensor.storedBytes();
      written += tensor.bytes();
    }
  }

  /** What was read and what was written, a line for each kind of tensors. */
  static String types(Converted converted) {
    Map<Kind, Sum> kinds = new LinkedHashMap<>();
    Sum all = new Sum();
    for (Converted.Tensor tensor : converted.tensors()) {
      String name = tensor.name().replaceFirst("^h\\.\\d+\\.", "h.*.");
      String to = tensor.format().name();
      kinds.computeIfAbsent(new Kind(name, tensor.storedAs(), to), _ -> new Sum()).add(tensor);
      all.add(tensor);
    }
    Table table =
        new Table("tensor", "number", converted.from(), "MiB read", "written", "MiB written");
    kinds.forEach((kind, sum) -> add(table, kind, sum));
    add(table, new Kind("all", "", ""), all);
    if (converted.gelu() != converted.geluBefore()) {
      table.add(
          Cell.of("GELU"),
          Cell.of(""),
          Cell.of(name(converted.geluBefore())),
          Cell.of(""),
          Cell.of(name(converted.gelu())),
          Cell.of(""));
    }
    return table.format(Table.Format.MD);
  }

  private static String name(GeluForm gelu) {
    return switch (gelu) {
      case ERF -> "exact";
      case TANH -> "by tanh";
    };
  }

  private static void add(Table table, Kind kind, Sum sum) {
    table.add(
        Cell.of(kind.name()),
        Cell.of(sum.count),
        Cell.of(kind.from()),
        Cell.of(sum.read / MIB),
        Cell.of(kind.to()),
        Cell.of(sum.written / MIB));
  }

  /** How much each tensor has lost, with bars. */
  static String errors(List<TensorError> errors) {
    double most = errors.stream().mapToDouble(TensorError::relative).max().orElse(0);
    Table table = new Table("tensor", "largest error", "relative error (rms)", "");
    for (TensorError error : errors) {
      int length = most == 0 ? 0 : (int) Math.round(LONGEST_BAR * error.relative() / most);
      table.add(
          Cell.of(error.name()),
          Cell.of(String.format(Locale.ROOT, "%.2e", error.largest())),
          Cell.of(String.format(Locale.ROOT, "%.4f %%", 100 * error.relative())),
          Cell.of("█".repeat(length)));
    }
    return table.format(Table.Format.MD);
  }
}
