package gpt2j.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The values of {@code golden.txt}, by name. */
final class Golden {
  private final Map<String, int[]> shapes = new HashMap<>();
  private final Map<String, double[]> values = new HashMap<>();

  static Golden read() {
    Golden golden = new Golden();
    try (InputStream in = Objects.requireNonNull(Golden.class.getResourceAsStream("golden.txt"));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      lines.lines().forEach(golden::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return golden;
  }

  private void add(String line) {
    String[] fields = line.split(" ");
    shapes.put(
        fields[0], Arrays.stream(fields[1].split(",")).mapToInt(Integer::parseInt).toArray());
    values.put(fields[0], Arrays.stream(fields).skip(2).mapToDouble(Double::parseDouble).toArray());
  }

  int[] shape(String name) {
    return Objects.requireNonNull(shapes.get(name), name);
  }

  double[] doubles(String name) {
    return Objects.requireNonNull(values.get(name), name);
  }

  float[] floats(String name) {
    double[] from = doubles(name);
    float[] floats = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      floats[i] = (float) from[i];
    }
    return floats;
  }

  int[] ints(String name) {
    return Arrays.stream(doubles(name)).mapToInt(v -> (int) v).toArray();
  }
}
