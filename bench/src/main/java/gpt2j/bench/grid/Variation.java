package gpt2j.bench.grid;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.BenchException;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.GridSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * The one thing in which the second side differs from the first.
 *
 * @param name what it is, as the command line has it
 * @param value the second side's, of those that {@link #parse} takes
 */
public record Variation(String name, String value) {
  private static final String BACKEND = "backend";
  private static final String PRECISION = "precision";
  private static final String THREADS = "threads";
  private static final String CACHE = "use-cache";

  /** As the command line has it: {@code backend=cuda}. */
  public String label() {
    return name + "=" + value;
  }

  /** The other side's value, in the same form. */
  public String labelOfOther(GridSettings grid) {
    List<?> values =
        switch (name) {
          case BACKEND -> grid.backends();
          case PRECISION -> grid.precisions().stream().map(Variation::lowerCase).toList();
          case THREADS ->
              List.of(grid.threads().isPresent() ? "" + grid.threads().getAsInt() : "default");
          default -> grid.useCache();
        };
    return name + "=" + values.stream().map(Object::toString).collect(Collectors.joining(","));
  }

  private static String lowerCase(WeightFormat precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }

  /** The second side's subject. */
  public Subject.Key apply(Subject.Key key) {
    return new Subject.Key(
        key.model(),
        is(BACKEND) ? value : key.backend(),
        is(PRECISION) ? WeightFormat.valueOf(value.toUpperCase(Locale.ROOT)) : key.precision(),
        is(THREADS) ? OptionalInt.of(Integer.parseInt(value)) : key.threads());
  }

  /** Whether the second side uses the cache. */
  public boolean apply(boolean useCache) {
    return is(CACHE) ? Boolean.parseBoolean(value) : useCache;
  }

  private boolean is(String what) {
    return name.equals(what);
  }

  /** A case of the second side under the name that its partner of the first has. */
  public BenchmarkCase undo(BenchmarkCase b, BenchmarkCase a) {
    return new BenchmarkCase(
        b.model(),
        is(BACKEND) ? a.backend() : b.backend(),
        is(PRECISION) ? a.precision() : b.precision(),
        is(THREADS) || is(BACKEND) ? a.threads() : b.threads(), // each backend has its own number
        is(CACHE) ? a.useCache() : b.useCache(),
        b.batch(),
        b.promptTokens(),
        b.newTokens());
  }

  /**
   * Reads a label, for a first side that is measured by {@code grid}.
   *
   * @throws BenchException when there is no such thing to vary, or both sides would be the same
   */
  public static Variation parse(String label, GridSettings grid) {
    int separator = label.indexOf('=');
    String name = separator < 0 ? label : label.substring(0, separator);
    String value = separator < 0 ? "" : label.substring(separator + 1);
    Variation variation = new Variation(name, checked(label, name, value));
    String other = variation.labelOfOther(grid);
    if (other.equals(variation.label())) {
      throw BenchException.usage("--vs: both sides have " + other + "; give another value");
    }
    if (other.contains(",")) {
      throw BenchException.usage("--vs: the first side must have one " + name + ", not " + other);
    }
    return variation;
  }

  private static String checked(String label, String name, String value) {
    String problem =
        switch (name) {
          case BACKEND -> value.isEmpty() ? "backend has no value, as in --vs backend=…" : "";
          case PRECISION -> {
            List<String> all =
                Arrays.stream(WeightFormat.values()).map(Variation::lowerCase).toList();
            yield all.contains(value.toLowerCase(Locale.ROOT))
                ? ""
                : "precision must be one of %s, not %s".formatted(String.join(", ", all), value);
          }
          case THREADS ->
              value.matches("[1-9][0-9]{0,3}")
                  ? ""
                  : "threads must be a whole number, 1 or more, not " + value;
          case CACHE ->
              value.matches("true|false") ? "" : "use-cache must be true or false, not " + value;
          default -> "must be backend=…, precision=…, threads=… or use-cache=…, not " + label;
        };
    if (!problem.isEmpty()) {
      throw BenchException.usage("--vs: " + problem);
    }
    return name.equals(PRECISION) ? value.toLowerCase(Locale.ROOT) : value;
  }
}
