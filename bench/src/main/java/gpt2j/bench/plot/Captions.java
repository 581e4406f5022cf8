package gpt2j.bench.plot;

import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.Model;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Words for plots. */
final class Captions {
  private Captions() {}

  /**
   * What was measured: the models and what they were given, what the cases have in common, and
   * where.
   *
   * @param parts of the cases that may be in common
   */
  static String conditions(Header header, Collection<BenchmarkCase> cases, Set<CasePart> parts) {
    List<String> models = cases.stream().map(BenchmarkCase::model).distinct().toList();
    String common = CasePart.common(cases.stream().map(of -> of.withModel("")).toList(), parts);
    return "%s%s\n%s"
        .formatted(data(header, models), common.isEmpty() ? "" : ", " + common, machine(header));
  }

  /** Models and what they were given. */
  static String data(Header header, List<String> models) {
    boolean random =
        header.models().stream().filter(m -> models.contains(m.name())).allMatch(Model::random);
    return "%s%s, prompts of random tokens"
        .formatted(String.join(" and ", models), random ? " with random weights" : "");
  }

  /** Where and with what, in one line. */
  static String machine(Header header) {
    return "%s, gpt2j %s".formatted(header.machine().processor(), header.version());
  }

  static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** A number for a label. */
  static String number(double value) {
    double magnitude = Math.abs(value);
    String format = magnitude >= 100 ? "%.0f" : magnitude >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }

  /** Numbers on axes: without exponents, and without commas between thousands. */
  static DecimalFormat plainFormat() {
    return new DecimalFormat("0.######", DecimalFormatSymbols.getInstance(Locale.ROOT));
  }

  /** A name for a file. */
  static String fileName(String text) {
    String name = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    return name.replaceAll("^-|-$", "");
  }
}
