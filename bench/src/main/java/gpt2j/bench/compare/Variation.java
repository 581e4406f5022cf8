package gpt2j.bench.compare;

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

/** The one thing in which the second side differs from the first. */
public sealed interface Variation {
  /** As the command line has it: {@code backend=cuda}. */
  String label();

  /** The other side's value, in the same form. */
  String labelOfOther(GridSettings grid);

  /** The second side's subject. */
  default Subject.Key apply(Subject.Key key) {
    return key;
  }

  /** Whether the second side uses the cache. */
  default boolean apply(boolean useCache) {
    return useCache;
  }

  /** A case of the second side under the name that its partner of the first has. */
  BenchmarkCase undo(BenchmarkCase b, BenchmarkCase a);

  /** Another backend. */
  record OfBackend(String name) implements Variation {
    @Override
    public String label() {
      return "backend=" + name;
    }

    @Override
    public String labelOfOther(GridSettings grid) {
      return "backend=" + String.join(",", grid.backends());
    }

    @Override
    public Subject.Key apply(Subject.Key key) {
      return new Subject.Key(key.model(), name, key.precision(), key.threads());
    }

    @Override
    public BenchmarkCase undo(BenchmarkCase b, BenchmarkCase a) {
      // Each backend has its own number of host threads.
      return new BenchmarkCase(
          b.model(),
          a.backend(),
          b.precision(),
          a.threads(),
          b.useCache(),
          b.batch(),
          b.promptTokens(),
          b.newTokens());
    }
  }

  /** Another precision. */
  record OfPrecision(WeightFormat precision) implements Variation {
    @Override
    public String label() {
      return "precision=" + precision.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String labelOfOther(GridSettings grid) {
      return "precision="
          + grid.precisions().stream()
              .map(p -> p.name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(","));
    }

    @Override
    public Subject.Key apply(Subject.Key key) {
      return new Subject.Key(key.model(), key.backend(), precision, key.threads());
    }

    @Override
    public BenchmarkCase undo(BenchmarkCase b, BenchmarkCase a) {
      return new BenchmarkCase(
          b.model(),
          b.backend(),
          a.precision(),
          b.threads(),
          b.useCache(),
          b.batch(),
          b.promptTokens(),
          b.newTokens());
    }
  }

  /** Another number of threads. */
  record OfThreads(int threads) implements Variation {
    @Override
    public String label() {
      return "threads=" + threads;
    }

    @Override
    public String labelOfOther(GridSettings grid) {
      return "threads=" + (grid.threads().isPresent() ? "" + grid.threads().getAsInt() : "default");
    }

    @Override
    public Subject.Key apply(Subject.Key key) {
      return new Subject.Key(key.model(), key.backend(), key.precision(), OptionalInt.of(threads));
    }

    @Override
    public BenchmarkCase undo(BenchmarkCase b, BenchmarkCase a) {
      return new BenchmarkCase(
          b.model(),
          b.backend(),
          b.precision(),
          a.threads(),
          b.useCache(),
          b.batch(),
          b.promptTokens(),
          b.newTokens());
    }
  }

  /** The cache on or off. */
  record OfCache(boolean useCache) implements Variation {
    @Override
    public String label() {
      return "use-cache=" + useCache;
    }

    @Override
    public String labelOfOther(GridSettings grid) {
      return "use-cache="
          + grid.useCache().stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    @Override
    public boolean apply(boolean ignored) {
      return useCache;
    }

    @Override
    public BenchmarkCase undo(BenchmarkCase b, BenchmarkCase a) {
      return b.withUseCache(a.useCache());
    }
  }

  /**
   * Reads a label, for a first side that is measured by {@code grid}.
   *
   * @throws BenchException when there is no such thing to vary, or both sides would be the same
   */
  static Variation parse(String label, GridSettings grid) {
    int separator = label.indexOf('=');
    String name = separator < 0 ? label : label.substring(0, separator);
    String value = separator < 0 ? "" : label.substring(separator + 1);
    Variation variation =
        switch (name) {
          case "backend" -> new OfBackend(required(name, value));
          case "precision" -> new OfPrecision(precision(value));
          case "threads" -> new OfThreads(threads(value));
          case "use-cache" -> new OfCache(flag(value));
          default ->
              throw BenchException.usage(
                  "--vs: must be backend=…, precision=…, threads=… or use-cache=…, not " + label);
        };
    String other = variation.labelOfOther(grid);
    if (other.equals(variation.label())) {
      throw BenchException.usage("--vs: both sides have " + other + "; give another value");
    }
    if (List.of(other.substring(other.indexOf('=') + 1).split(",")).size() > 1) {
      throw BenchException.usage("--vs: the first side must have one " + name + ", not " + other);
    }
    return variation;
  }

  private static String required(String name, String value) {
    if (value.isEmpty()) {
      throw BenchException.usage("--vs: %s has no value, as in --vs %s=…".formatted(name, name));
    }
    return value;
  }

  private static WeightFormat precision(String value) {
    return Arrays.stream(WeightFormat.values())
        .filter(precision -> precision.name().equalsIgnoreCase(value))
        .findFirst()
        .orElseThrow(
            () -> BenchException.usage("--vs: precision must be f32, f16 or bf16, not " + value));
  }

  private static int threads(String value) {
    if (!value.matches("[1-9][0-9]{0,3}")) {
      throw BenchException.usage("--vs: threads must be a whole number, 1 or more, not " + value);
    }
    return Integer.parseInt(value);
  }

  private static boolean flag(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw BenchException.usage("--vs: use-cache must be true or false, not " + value);
    };
  }
}
