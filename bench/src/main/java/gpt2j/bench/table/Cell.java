package gpt2j.bench.table;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What stands in a row and a column. */
public sealed interface Cell {
  /** As people read it. */
  String text();

  /** A word. */
  record Word(String text) implements Cell {}

  /** Nothing: not measured, or there is none. */
  record Empty() implements Cell {
    @Override
    public String text() {
      return "";
    }
  }

  /**
   * A number.
   *
   * @param value the number, in full precision
   * @param digits after the decimal point, for people
   * @param spread what follows for people, as {@code ± 0.12}; null for none
   */
  record Number(double value, int digits, @Nullable String spread) implements Cell {
    @Override
    public String text() {
      String number = String.format(Locale.ROOT, "%." + digits + "f", value);
      return spread == null ? number : number + " " + spread;
    }
  }

  static Cell of(String word) {
    return word.isEmpty() ? new Empty() : new Word(word);
  }

  /** A whole number. */
  static Cell of(long value) {
    return new Number(value, 0, null);
  }

  /** A number; nothing if it is NaN. */
  static Cell of(double value, int digits) {
    return Double.isNaN(value) ? new Empty() : new Number(value, digits, null);
  }

  /** A number and its standard deviation. */
  static Cell plusMinus(double value, double deviation, int digits) {
    String spread = String.format(Locale.ROOT, "± %." + digits + "f", deviation);
    return Double.isNaN(value) ? new Empty() : new Number(value, digits, spread);
  }

  /** A number and its confidence interval. */
  static Cell within(double value, double low, double high, int digits) {
    String format = "(%." + digits + "f–%." + digits + "f)";
    return Double.isNaN(value)
        ? new Empty()
        : new Number(value, digits, String.format(Locale.ROOT, format, low, high));
  }
}
