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

  /** The end of a spread that there isn't: of a single repetition. */
  record Unknown() implements Cell {
    @Override
    public String text() {
      return "–";
    }
  }

  /**
   * A number.
   *
   * @param value the number, in full precision
   * @param digits after the decimal point, for people
   * @param spread what follows for people, as {@code (11.9–12.8)}; null for none
   */
  record Number(double value, int digits, @Nullable String spread) implements Cell {
    @Override
    public String text() {
      String number = format(value, digits);
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

  /** A number, for people with the three digits that count; nothing if it is NaN. */
  static Cell of(double value) {
    return Double.isNaN(value) ? new Empty() : new Number(value, digits(value), null);
  }

  /** A share in percent, with one decimal for people; nothing if it is NaN. */
  static Cell percent(double value) {
    return Double.isNaN(value) ? new Empty() : new Number(value, 1, null);
  }

  /** A number and the ends of its spread, or a dash where they aren't known. */
  static Cell within(double value, double low, double high) {
    if (Double.isNaN(value)) {
      return new Empty();
    }
    int digits = digits(value);
    boolean known = !Double.isNaN(low) && !Double.isNaN(high);
    String spread = known ? "(" + format(low, digits) + "–" + format(high, digits) + ")" : "(–)";
    return new Number(value, digits, spread);
  }

  private static String format(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** Decimals that make three digits that count, but no more than show in a table. */
  private static int digits(double value) {
    double magnitude = Math.abs(value);
    return magnitude == 0 || !Double.isFinite(value)
        ? 0
        : Math.clamp(2 - (int) Math.floor(Math.log10(magnitude)), 0, 5);
  }
}
