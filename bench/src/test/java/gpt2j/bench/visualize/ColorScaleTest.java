package gpt2j.bench.visualize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ColorScaleTest {
  @Test
  void theEndsAndTheMiddleAreThoseOfTheScale() {
    ColorScale signed = ColorScale.signed(2);
    assertEquals(0x053061, signed.rgb(-2));
    assertEquals(0xf7f7f7, signed.rgb(0));
    assertEquals(0x67001f, signed.rgb(2));
    ColorScale probability = ColorScale.probability(0.5f);
    assertEquals(0x440154, probability.rgb(0));
    assertEquals(0xfde725, probability.rgb(0.5f));
  }

  @Test
  void beyondTheEndsTheColourIsTheEnds() {
    ColorScale scale = ColorScale.signed(1);
    assertEquals(scale.rgb(1), scale.rgb(7));
    assertEquals(scale.rgb(-1), scale.rgb(Float.NEGATIVE_INFINITY));
    assertEquals(ColorScale.NOT_A_NUMBER, scale.rgb(Float.NaN));
  }

  @Test
  void brightnessGrowsWithTheProbabilitySoThatGreyWouldDo() {
    double before = -1;
    for (int color : ColorScale.rootProbability().colors()) {
      double brightness = brightness(color);
      assertTrue(brightness > before);
      before = brightness;
    }
  }

  @Test
  void signedColoursDarkenFromTheMiddleToBothEnds() {
    int[] colors = ColorScale.signed(1).colors();
    for (int i = 1; i <= colors.length / 2; i++) {
      int middle = colors.length / 2;
      assertTrue(brightness(colors[middle + i]) < brightness(colors[middle + i - 1]));
      assertTrue(brightness(colors[middle - i]) < brightness(colors[middle - i + 1]));
    }
  }

  /** To one who sees no difference of red and green, blue still tells the signs apart. */
  @Test
  void theSignsDifferInBlueAlone() {
    ColorScale scale = ColorScale.signed(1);
    for (float value = 0.2f; value <= 1; value += 0.1f) {
      assertTrue((scale.rgb(-value) & 0xff) - (scale.rgb(value) & 0xff) > 30);
    }
  }

  @Test
  void allColoursDiffer() {
    for (ColorScale scale : new ColorScale[] {ColorScale.signed(1), ColorScale.probability(1)}) {
      assertEquals(ColorScale.LEVELS, Arrays.stream(scale.colors()).distinct().count());
    }
  }

  @Test
  void limitsAreRoundNumbersAboveAlmostAll() {
    assertEquals(1, ScaleLimits.roundUp(0));
    assertEquals(0.15f, ScaleLimits.roundUp(0.11f));
    assertEquals(2, ScaleLimits.roundUp(2));
    assertEquals(1000, ScaleLimits.roundUp(801));
    float[] values = new float[1000];
    Arrays.fill(values, -0.5f);
    values[7] = 40; // one of many
    values[8] = Float.NaN;
    assertEquals(0.5f, ScaleLimits.magnitude(java.util.List.of(values)));
  }

  private static double brightness(int color) {
    return 0.2126 * linear(color >> 16) + 0.7152 * linear(color >> 8) + 0.0722 * linear(color);
  }

  private static double linear(int channel) {
    return Math.pow((channel & 0xff) / 255.0, 2.2);
  }
}
