package gpt2j.bench.visualize;

/**
 * Maps numbers to colours that the colour-blind can tell apart. The colours come in steps, so that
 * a GIF, which has 256 of them, shows exactly the same as a PNG. Numbers beyond the ends get the
 * colour of the end.
 */
final class ColorScale {
  /** Colours of a scale; an odd number, so that there is one in the middle. */
  static final int LEVELS = 101;

  /** Shown for what is not a number, which should not occur. */
  static final int NOT_A_NUMBER = 0xff00ff;

  // Matplotlib's viridis at equal distances (Smith, van der Walt 2015).
  private static final int[] VIRIDIS = {
    0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b,
    0xfde725
  };

  // ColorBrewer's RdBu, reversed (Brewer 2003): blue is negative, red positive.
  private static final int[] BLUE_TO_RED = {
    0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d,
    0xb2182b, 0x67001f
  };

  private final float low;
  private final float high;
  private final double exponent;
  private final int[] colors;

  private ColorScale(float low, float high, double exponent, int... stops) {
    this.low = low;
    this.high = high;
    this.exponent = exponent;
    colors = new int[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
      colors[i] = interpolate(stops, i / (LEVELS - 1.0));
    }
  }

  /** For numbers of both signs, white at zero. */
  static ColorScale signed(float limit) {
    return new ColorScale(-limit, limit, 1, BLUE_TO_RED);
  }

  /** For probabilities from 0 to {@code high}. */
  static ColorScale probability(float high) {
    return new ColorScale(0, high, 1, VIRIDIS);
  }

  /** For probabilities from 0 to 1, with more colours for small ones: by the square root. */
  static ColorScale rootProbability() {
    return new ColorScale(0, 1, 0.5, VIRIDIS);
  }

  float low() {
    return low;
  }

  float high() {
    return high;
  }

  /** The colour of a number, as 0xRRGGBB. */
  int rgb(float value) {
    return Float.isNaN(value)
        ? NOT_A_NUMBER
        : colors[(int) Math.round(fraction(value) * (LEVELS - 1))];
  }

  /** Where a number lies between the ends: 0 to 1. */
  double fraction(float value) {
    double linear = ((double) value - low) / ((double) high - low);
    return Math.pow(Math.clamp(linear, 0, 1), exponent);
  }

  /** All colours, from the low end to the high one. */
  int[] colors() {
    return colors.clone();
  }

  private static int interpolate(int[] stops, double fraction) {
    double at = fraction * (stops.length - 1);
    int left = Math.min((int) at, stops.length - 2);
    double part = at - left;
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = (stops[left] >> shift) & 0xff;
      int b = (stops[left + 1] >> shift) & 0xff;
      rgb |= (int) Math.round(a + (b - a) * part) << shift;
    }
    return rgb;
  }
}
