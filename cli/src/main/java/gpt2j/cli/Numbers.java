package gpt2j.cli;

import java.math.BigInteger;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads numbers that must lie in a range. */
final class Numbers {
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?");
  private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]+");

  private Numbers() {}

  /** How many of something that there must be. */
  static final class Count implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) whole(text, 1, Integer.MAX_VALUE, "a whole number, 1 or more");
    }
  }

  /** How many pixels of a picture. */
  static final class Pixels implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) whole(text, 1, 64, "a whole number, 1 or more");
    }
  }

  /** How long, in milliseconds. */
  static final class Millis implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) whole(text, 10, 60_000, "a whole number, 10 or more");
    }
  }

  /** How many threads; more than any machine has are a mistake. */
  static final class Threads implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) whole(text, 1, 4096, "a whole number, 1 or more");
    }
  }

  /** How many samples; each takes memory. */
  static final class Samples implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) whole(text, 1, 65_536, "a whole number, 1 or more");
    }
  }

  /** How many of something that there may be. */
  static final class CountOrZero implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) whole(text, 0, Integer.MAX_VALUE, "a whole number, 0 or more");
    }
  }

  /** Any number of 64 bits. */
  static final class Seed implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return whole(text, Long.MIN_VALUE, Long.MAX_VALUE, "a whole number");
    }
  }

  /** 0 or more. */
  static final class Temperature implements ITypeConverter<Float> {
    @Override
    public Float convert(String text) {
      float number = decimal(text);
      return check(number, number >= 0, text, "a number, 0 or more");
    }
  }

  /** Above 0, at most 1. */
  static final class TopP implements ITypeConverter<Float> {
    @Override
    public Float convert(String text) {
      float number = decimal(text);
      return check(number, number > 0 && number <= 1, text, "a number above 0, at most 1");
    }
  }

  /** At least 0, below 1. */
  static final class MinP implements ITypeConverter<Float> {
    @Override
    public Float convert(String text) {
      float number = decimal(text);
      return check(number, number >= 0 && number < 1, text, "a number from 0, below 1");
    }
  }

  /** Above 0. */
  static final class Penalty implements ITypeConverter<Float> {
    @Override
    public Float convert(String text) {
      float number = decimal(text);
      return check(number, number > 0, text, "a number above 0");
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

  /** NaN for what is no number, or none that a float can hold. */
  private static float decimal(String text) {
    float number = DECIMAL.matcher(text).matches() ? Float.parseFloat(text) : Float.NaN;
    return Float.isFinite(number) ? number : Float.NaN;
  }

  private static float check(float number, boolean fits, String text, String range) {
    if (!fits) {
      throw new TypeConversionException("must be " + range + ", not " + OneLine.quote(text));
    }
    return number;
  }
}
