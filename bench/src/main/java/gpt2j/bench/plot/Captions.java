package gpt2j.bench.plot;

import gpt2j.api.Words;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.Model;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Words for plots. */
final class Captions {
  private Captions() {}

  /**
   * What was measured: the models and what they were given, what the cases have in common, and
   * where.
   *
   * @param parts of the cases that may be in common
   */
  static String conditions(
      Header header, Collection<BenchmarkCase> cases, List<Function<BenchmarkCase, String>> parts) {
    List<String> models = cases.stream().map(BenchmarkCase::model).distinct().toList();
    String common = common(cases.stream().map(of -> of.withModel("")).toList(), parts);
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

  /** What sets cases apart: the parts that aren't the same in all; the first if none differs. */
  static Function<BenchmarkCase, String> distinction(
      Collection<BenchmarkCase> cases, List<Function<BenchmarkCase, String>> parts) {
    List<Function<BenchmarkCase, String>> differing =
        parts.stream().filter(part -> cases.stream().map(part).distinct().count() > 1).toList();
    List<Function<BenchmarkCase, String>> used =
        differing.isEmpty() ? parts.subList(0, 1) : differing;
    return of -> join(of, used);
  }

  private static String common(
      Collection<BenchmarkCase> cases, List<Function<BenchmarkCase, String>> parts) {
    BenchmarkCase any = cases.iterator().next();
    return join(
        any,
        parts.stream().filter(part -> cases.stream().map(part).distinct().count() == 1).toList());
  }

  private static String join(BenchmarkCase of, List<Function<BenchmarkCase, String>> parts) {
    List<String> words = new ArrayList<>();
    parts.forEach(part -> words.add(part.apply(of)));
    words.removeIf(String::isEmpty);
    return String.join(", ", words);
  }

  static String model(BenchmarkCase of) {
    return of.model();
  }

  static String backend(BenchmarkCase of) {
    return of.backend();
  }

  static String precision(BenchmarkCase of) {
    return lowerCase(of.precision());
  }

  static String threads(BenchmarkCase of) {
    return Words.count(of.threads(), "thread");
  }

  static String cache(BenchmarkCase of) {
    return of.useCache() ? "cached" : "uncached";
  }

  static String batch(BenchmarkCase of) {
    return "batch " + of.batch();
  }

  static String prompt(BenchmarkCase of) {
    return "prompt " + of.promptTokens();
  }

  static String newTokens(BenchmarkCase of) {
    return Words.count(of.newTokens(), "new token");
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
