package gpt2j.bench.plot;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;

/** Numbers on axes: three digits that count, without exponents. */
final class PlainFormat extends DecimalFormat {
  private static final long serialVersionUID = 1L;

  PlainFormat() {
    super("#,##0.####", DecimalFormatSymbols.getInstance(Locale.ROOT));
  }
}
