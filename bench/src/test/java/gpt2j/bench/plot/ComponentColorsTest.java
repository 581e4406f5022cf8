package gpt2j.bench.plot;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Components look different to all kinds of colour vision. */
class ComponentColorsTest {
  private static final double LEAST_DISTANCE = 10; // in CIELAB: 2 can just be seen

  /** Without red or green cones: Machado, Oliveira, Fernandes 2009. */
  private static double[][] vision(String kind) {
    return switch (kind) {
      case "deuteranopia" ->
          new double[][] {
            {0.367322, 0.860646, -0.227968},
            {0.280085, 0.672501, 0.047413},
            {-0.011820, 0.042940, 0.968881}
          };
      case "protanopia" ->
          new double[][] {
            {0.152286, 1.052583, -0.204868},
            {0.114503, 0.786281, 0.099216},
            {-0.003882, -0.048116, 1.051998}
          };
      default -> new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"all cones", "deuteranopia", "protanopia"})
  void areToldApart(String kind) {
    List<String> names = new ArrayList<>(Style.components());
    names.add("others (3)");
    double[][] vision = vision(kind);
    for (int i = 0; i < names.size(); i++) {
      for (int j = 0; j < i; j++) {
        double[] a = lab(vision, Style.component(names.get(i)));
        double[] b = lab(vision, Style.component(names.get(j)));
        double distance = Math.hypot(Math.hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
        assertTrue(
            distance >= LEAST_DISTANCE, names.get(i) + " and " + names.get(j) + ": " + distance);
      }
    }
  }

  private static double[] lab(double[][] vision, Color color) {
    double[] given = {linear(color.getRed()), linear(color.getGreen()), linear(color.getBlue())};
    double[] seen = new double[3];
    for (int i = 0; i < 3; i++) {
      double sum = vision[i][0] * given[0] + vision[i][1] * given[1] + vision[i][2] * given[2];
      seen[i] = Math.clamp(sum, 0, 1);
    }
    double x = root((0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.95047);
    double y = root(0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]);
    double z = root((0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.08883);
    return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
  }

  private static double linear(int level) {
    double value = level / 255.0;
    return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
  }

  private static double root(double value) {
    return value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16.0 / 116;
  }
}
