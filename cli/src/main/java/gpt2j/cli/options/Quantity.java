package gpt2j.cli.options;

import gpt2j.api.BackendOptions;
import gpt2j.cli.io.OneLine;
import gpt2j.model.gpt2.data.MarkovChain;
import gpt2j.model.gpt2.data.prepare.VocabularyChoice;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads numbers, and numbers with units, that must lie in a range. */
public final class Quantity {
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?");
  private static final String ABOVE_ZERO = "a number above 0";
  private static final String ZERO_OR_MORE = "a number, 0 or more";
  private static final String BELOW_ONE = "a number from 0, below 1";
  private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]+");

  private Quantity() {}

  /** A whole number of a range. */
  private abstract static class Whole implements ITypeConverter<Integer> {
    private final int least;
    private final int most;

    Whole(int least, int most) {
      this.least = least;
      this.most = most;
    }

    @Override
    public final Integer convert(String text) {
      return (int) whole(text, least, most, "a whole number, %d or more".formatted(least));
    }
  }

  /** How many of something that there must be. */
  public static final class Count extends Whole {
    Count() {
      super(1, Integer.MAX_VALUE);
    }
  }

  /** How many pixels of a picture. */
  public static final class Pixels extends Whole {
    Pixels() {
      super(1, 64);
    }
  }

  /** How long, in milliseconds. */
  public static final class Millis extends Whole {
    Millis() {
      super(10, 60_000);
    }
  }

  /** How many threads; more than any machine has are a mistake. */
  public static final class Threads extends Whole {
    Threads() {
      super(1, BackendOptions.MOST_THREADS);
    }
  }

  /** How many samples; each takes memory. */
  public static final class Samples extends Whole {
    Samples() {
      super(1, 65_536);
    }
  }

  /** How many of something that there may be. */
  public static final class CountOrZero extends Whole {
    CountOrZero() {
      super(0, Integer.MAX_VALUE);
    }
  }

  /** How many bytes of context a Markov chain has. */
  public static final class Order extends Whole {
    Order() {
      super(0, MarkovChain.MOST_ORDER);
    }
  }

  /** How many tokens a vocabulary that is learned has. */
  public static final class LearnedTokens extends Whole {
    LearnedTokens() {
      super(VocabularyChoice.Learned.SMALLEST, VocabularyChoice.Learned.LARGEST);
    }
  }

  /** How many bytes, with a letter for thousands, millions or thousands of millions. */
  public static final class Bytes implements ITypeConverter<Long> {
    private static final String RANGE = "a number of bytes, 1 or more, as in 500k, 8M or 1G";

    @Override
    public Long convert(String text) {
      String digits = text.isEmpty() ? "" : text.substring(0, text.length() - 1);
      long unit =
          switch (text.isEmpty() ? ' ' : text.charAt(text.length() - 1)) {
            case 'k', 'K' -> 1_000;
            case 'm', 'M' -> 1_000_000;
            case 'g', 'G' -> 1_000_000_000;
            default -> 1;
          };
      try {
        long most = 1_000_000_000_000L / unit;
        return unit * whole(unit == 1 ? text : digits, 1, most, RANGE);
      } catch (TypeConversionException e) {
        // In the words that were given, with the letter.
        throw new TypeConversionException(
            "must be %s, at most 1000G, not %s".formatted(RANGE, OneLine.quote(text)));
      }
    }
  }

  /** Any number of 64 bits. */
  public static final class Seed implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return whole(text, Long.MIN_VALUE, Long.MAX_VALUE, "a whole number");
    }
  }

  /** A number of a range, which a float can hold. */
  private abstract static class Decimal<T extends Number> implements ITypeConverter<T> {
    private final Function<String, T> reader;
    private final Predicate<T> fits;
    private final String range;

    Decimal(Function<String, T> reader, Predicate<T> fits, String range) {
      this.reader = reader;
      this.fits = fits;
      this.range = range;
    }

    @Override
    public final T convert(String text) {
      if (DECIMAL.matcher(text).matches() && Float.isFinite(Float.parseFloat(text))) {
        T number = reader.apply(text);
        if (fits.test(number)) {
          return number;
        }
      }
      throw new TypeConversionException("must be " + range + ", not " + OneLine.quote(text));
    }
  }

  /** Any number. */
  public static final class Signed extends Decimal<Float> {
    Signed() {
      super(Float::valueOf, number -> true, "a number of float32");
    }
  }

  /** Above 0, at most 1. */
  static final class TopP extends Decimal<Float> {
    TopP() {
      super(Float::valueOf, p -> p > 0 && p <= 1, "a number above 0, at most 1");
    }
  }

  /** A part of a whole that isn't all of it. */
  public static final class Share extends Decimal<Double> {
    Share() {
      super(Double::valueOf, share -> share >= 0 && share < 1, BELOW_ONE);
    }
  }

  /** Above 0. */
  public static final class Positive extends Decimal<Float> {
    Positive() {
      super(Float::valueOf, number -> number > 0, ABOVE_ZERO);
    }
  }

  /** 0 or more. */
  public static final class NotNegative extends Decimal<Float> {
    NotNegative() {
      super(Float::valueOf, number -> number >= 0, ZERO_OR_MORE);
    }
  }

  /** At least 0, below 1. */
  public static final class Fraction extends Decimal<Float> {
    Fraction() {
      super(Float::valueOf, number -> number >= 0 && number < 1, BELOW_ONE);
    }
  }

  /** Above 0, as a float too. */
  public static final class LearningRate extends Decimal<Double> {
    LearningRate() {
      super(Double::valueOf, rate -> rate.floatValue() > 0, ABOVE_ZERO);
    }
  }

  /** 0 or more. */
  public static final class MinLearningRate extends Decimal<Double> {
    MinLearningRate() {
      super(Double::valueOf, rate -> rate >= 0, ZERO_OR_MORE);
    }
  }

  /** How long, with a unit. */
  public static final class Time implements ITypeConverter<Duration> {
    private static final Map<Character, Long> SECONDS = Map.of('s', 1L, 'm', 60L, 'h', 3600L);
    private static final String RANGE = "a time such as 90s, 15m or 2h";

    @Override
    public Duration convert(String text) {
      Long unit = text.isEmpty() ? null : SECONDS.get(text.charAt(text.length() - 1));
      if (unit == null) {
        throw new TypeConversionException("must be " + RANGE + ", not " + OneLine.quote(text));
      }
      String count = text.substring(0, text.length() - 1);
      return Duration.ofSeconds(whole(count, 1, 1_000_000, RANGE) * unit);
    }

    /** A text from which {@link #convert} makes the same. */
    public static String text(Duration time) {
      return time.toSeconds() + "s";
    }
  }

  /**
   * A whole number within limits.
   *
   * @param range what it must be, in words
   */
  static long whole(String text, long least, long most, String range) {
    if (WHOLE.matcher(text).matches()) {
      BigInteger number = new BigInteger(text);
      if (number.compareTo(BigInteger.valueOf(most)) > 0) {
        throw new TypeConversionException(
            "must be at most %d, not %s".formatted(most, OneLine.quote(text)));
      }
      if (number.compareTo(BigInteger.valueOf(least)) >= 0) {
        return number.longValue();
      }
    }
    throw new TypeConversionException("must be " + range + ", not " + OneLine.quote(text));
  }
}
