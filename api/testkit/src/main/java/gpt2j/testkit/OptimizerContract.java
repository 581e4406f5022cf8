package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.tensor.Tensor;
import gpt2j.api.training.AdamW;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link gpt2j.api.training.TrainingOperations#gradientNorm}, {@link
 * gpt2j.api.training.TrainingOperations#adamW} and {@link
 * gpt2j.api.training.TrainingOperations#zero}.
 */
abstract class OptimizerContract extends TrainingPart {
  private static final int UPDATES = 5;

  OptimizerContract(TrainingContract subject) {
    super(subject);
  }

  @Test
  void zeroes() {
    compare(
        bench -> {
          for (int[] sizes : new int[][] {{1}, {3}, {1000}, {17, 33}, {2, 3, 5}}) {
            Tensor tensor = bench.floats(sizes);
            bench.training().zero(tensor);
            bench.show("zero", tensor, 0);
          }
        });
  }

  /** Sizes of a model's gradients, of any rank. */
  private static final int[][] SIZES = {
    {1}, {3}, {33, 65}, {64}, {1, 1}, {7, 2, 5}, {1000}, {48, 144}
  };

  private static List<Tensor> gradients(Workbench bench, int count, double size) {
    List<Tensor> gradients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] sizes = SIZES[i % SIZES.length];
      int elements = Arrays.stream(sizes).reduce(1, Math::multiplyExact);
      gradients.add(bench.floats(Numbers.random(i, elements, size), sizes));
    }
    return gradients;
  }

  /** Squares from 1e-40 to 1e40 have no place in float32. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "8, 1", "40, 0.01", "8, 1e-20", "8, 1e20", "1, 1e-3"})
  void normOfAllTogether(int count, double size) {
    onBackend(
        bench -> {
          List<Tensor> gradients = gradients(bench, count, size);
          double squares = 0;
          for (Tensor gradient : gradients) {
            for (float value : bench.read(gradient)) {
              squares += (double) value * value;
            }
          }
          double norm = Math.sqrt(squares);
          for (float maximum :
              new float[] {Float.POSITIVE_INFINITY, (float) (2 * norm), (float) (norm / 3), 1}) {
            Tensor out = bench.floats(2);
            bench.training().gradientNorm(out, gradients, maximum);
            float[] result = bench.read(out);
            double factor = Math.min(1, maximum / (norm + 1e-6));
            assertEquals(norm, result[0], 3e-7 * norm, "norm");
            assertEquals(factor, result[1], 3e-7 * factor, "factor for " + maximum);
          }
        });
  }

  @Test
  void normOfZeros() {
    compare(
        bench -> {
          List<Tensor> gradients = List.of(bench.floats(new float[100], 10, 10));
          for (float maximum : new float[] {Float.POSITIVE_INFINITY, 1, 1e-9f}) {
            Tensor out = bench.floats(2);
            bench.training().gradientNorm(out, gradients, maximum);
            bench.show("maximum " + maximum, out, 1e-7);
          }
        });
  }

  /** Ones and one large number: adding them up in float32, one by one, would lose the ones. */
  @Test
  void normIsAddedUpExactly() {
    float[] values = Numbers.repeated(1, 40_000);
    values[0] = 6000;
    onBackend(
        bench -> {
          Tensor out = bench.floats(2);
          bench.training().gradientNorm(out, List.of(bench.floats(values, 40_000)), 1);
          double norm = Math.sqrt(36e6 + 39_999);
          assertEquals(norm, bench.read(out)[0], 2e-7 * norm);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0.9, 0.999, 1e-8, 0",
    "3, 0.9, 0.999, 1e-8, 0.1",
    "1000, 0.9, 0.95, 1e-8, 0.1",
    "2145, 0.8, 0.99, 1e-6, 0.5",
    "64, 0, 0, 1e-3, 0"
  })
  void updates(int count, float beta1, float beta2, float epsilon, float weightDecay) {
    for (float factor : new float[] {1, 0.3f}) {
      update(count, factor, new AdamW(beta1, beta2, epsilon, weightDecay));
    }
  }

  /** Several updates, each compared with the formula in float64 from where the backend was. */
  private void update(int count, float factor, AdamW settings) {
    onBackend(
        bench -> {
          float[] start = Numbers.random(1, count, 1);
          Tensor parameter = bench.floats(start, count, 1);
          Tensor gradient = bench.floats(count, 1);
          Tensor first = bench.floats(new float[count], count, 1);
          Tensor second = bench.floats(new float[count], count, 1);
          Tensor norm = bench.floats(new float[] {5, factor}, 2);
          Tensor schedule = bench.floats(3);
          double[] p = Doubles.of(start);
          double[] m = new double[count];
          double[] v = new double[count];
          for (int update = 1; update <= UPDATES; update++) {
            float[] g = gradient(update, count);
            float[] now = schedule(settings, update);
            bench.write(gradient, g);
            bench.write(schedule, now);
            bench.training().adamW(parameter, gradient, first, second, norm, schedule, settings);
            for (int i = 0; i < count; i++) {
              double clipped = (double) factor * g[i];
              m[i] = settings.beta1() * m[i] + (1.0 - settings.beta1()) * clipped;
              v[i] = settings.beta2() * v[i] + (1.0 - settings.beta2()) * clipped * clipped;
              double mean = m[i] / now[1];
              double deviation = Math.sqrt(v[i] / now[2]) + settings.epsilon();
              p[i] = p[i] * (1 - (double) now[0] * settings.weightDecay());
              p[i] -= now[0] * mean / deviation;
            }
            bench.expect("parameter after " + update, parameter, p, 2e-6);
            bench.expect("first moment after " + update, first, m, 1e-6);
            bench.expect("second moment after " + update, second, v, 1e-6);
            bench.expect("gradient after " + update, gradient, new double[count], 0);
          }
        });
  }

  /** Of many sizes; some are exactly 0, where the second moment stays 0 too. */
  private static float[] gradient(int update, int count) {
    float[] g = Numbers.random(update, count, 1);
    for (int i = 0; i < count; i++) {
      g[i] *= i % 7 == 3 ? 0 : (float) Math.pow(10, -(i % 5));
    }
    return g;
  }

  private static float[] schedule(AdamW settings, int update) {
    return new float[] {
      0.1f / update,
      (float) (1 - Math.pow(settings.beta1(), update)),
      (float) (1 - Math.pow(settings.beta2(), update))
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void anyRank(int rank) {
    int[] sizes = Arrays.copyOf(new int[] {6, 5, 4}, rank);
    int count = Arrays.stream(sizes).reduce(1, Math::multiplyExact);
    AdamW settings = new AdamW(0.9f, 0.95f, 1e-8f, 0.1f);
    compare(
        bench -> {
          Tensor parameter = bench.floats(Numbers.random(1, count, 1), sizes);
          Tensor gradient = bench.floats(Numbers.random(2, count, 1), sizes);
          Tensor first = bench.floats(Numbers.random(3, count, 0.1), sizes);
          Tensor second = bench.floats(Numbers.repeated(0.01f, count), sizes);
          Tensor norm = bench.floats(new float[] {1, 0.5f}, 2);
          Tensor schedule = bench.floats(schedule(settings, 3), 3);
          bench.training().adamW(parameter, gradient, first, second, norm, schedule, settings);
          bench.show("parameter", parameter, 1e-6);
          bench.show("first moment", first, 1e-6);
          bench.show("second moment", second, 1e-6);
          bench.show("gradient", gradient, 0);
        });
  }

  @Test
  void isDeterministic() {
    repeat(
        bench -> {
          Tensor out = bench.floats(2);
          bench.training().gradientNorm(out, gradients(bench, 16, 1), 1);
          bench.show("norm", out, 0);
        });
  }
}
