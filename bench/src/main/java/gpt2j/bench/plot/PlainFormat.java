package gpt2j.bench.plot;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;

/**
 * Numbers on axes, without exponents, and as those beside bars and in captions without commas
 * between thousands.
 */
final class PlainFormat extends DecimalFormat {
  private static final long serialVersionUID = 1L;

  PlainFormat() {
    super("0.######", DecimalFormatSymbols.getInstance(Locale.ROOT));
  }
}
