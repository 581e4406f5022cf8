package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Epilogue;
import gpt2j.api.LinearWeights;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link gpt2j.api.Operations#linear}, save for the shape of GELU. */
abstract class LinearContract extends Contract {
  LinearContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @EnumSource
  void smallMatrices(WeightFormat format) {
    int[][] sizes = {
      {1, 1},
      {1, 7},
      {7, 1},
      {2, 3},
      {3, 2},
      {16, 16},
      {17, 33},
      {48, 144},
      {48, 48},
      {63, 65},
      {64, 64},
      {65, 63},
      {100, 100},
      {192, 48},
      {100, 257}
    };
    for (int[] size : sizes) {
      for (Epilogue epilogue : Epilogue.values()) {
        check(size[0], size[1], format, epilogue, ROWS);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"768, 768", "768, 2304", "3072, 768", "1600, 1600", "1600, 100", "1, 50257"})
  void largeMatrices(int inputs, int outputs) {
    for (WeightFormat format : WeightFormat.values()) {
      if (backend().supports(format)) {
        check(inputs, outputs, format, Epilogue.NONE, SOME_ROWS);
      }
    }
    check(inputs, outputs, WeightFormat.F32, Epilogue.ADD_TO_OUT, SOME_ROWS);
  }

  @ParameterizedTest
  @EnumSource
  void manyRows(Epilogue epilogue) {
    check(96, 64, WeightFormat.F32, epilogue, 512, 1000, 1024);
  }

  private void check(
      int inputs, int outputs, WeightFormat format, Epilogue epilogue, int... counts) {
    float[] weight = Numbers.random(1, inputs * outputs, 1 / Math.sqrt(inputs));
    HostTensor bias = Numbers.host(Numbers.random(2, outputs, 1), outputs);
    compare(
        bench -> {
          LinearWeights weights =
              bench.weights(Numbers.host(weight, inputs, outputs), bias, format);
          for (int n : counts) {
            Tensor out = product(bench, weights, n, epilogue);
            bench.show(
                "%s [%d, %d]·[%d, %d] %s".formatted(format, n, inputs, inputs, outputs, epilogue),
                out,
                tolerance(format));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void withoutABias(WeightFormat format) {
    compare(
        bench -> {
          HostTensor weight = Numbers.host(Numbers.random(3, 48 * 65, 0.14), 48, 65);
          LinearWeights weights = bench.weights(weight, null, format);
          for (Epilogue epilogue : Epilogue.values()) {
            for (int n : new int[] {1, 3, 17}) {
              Tensor out = product(bench, weights, n, epilogue);
              bench.show(n + " rows, " + epilogue, out, tolerance(format));
            }
          }
        });
  }

  /** Picks single weights, with nothing to add to them: the rounding to storage must be exact. */
  @ParameterizedTest
  @EnumSource
  void weightsAreRoundedToNearestEven(WeightFormat format) {
    int size = 40;
    float[] weight = Numbers.random(4, size * size, 1);
    for (int i = 0; i < size; i++) {
      weight[i] = 1 + (2 * i + 1) * 0x1p-8f; // half way between neighbours in BF16
      weight[size + i] = 1 + (2 * i + 1) * 0x1p-11f; // and in F16
    }
    compare(
        bench -> {
          LinearWeights weights = bench.weights(Numbers.host(weight, size, size), null, format);
          float[] unit = new float[size * size];
          for (int i = 0; i < size; i++) {
            unit[i * size + i] = 1;
          }
          Tensor out = bench.floats(size, size);
          bench.operations().linear(out, bench.floats(unit, size, size), weights, Epilogue.NONE);
          bench.show("weights", out, 0);
        });
  }

  /** Values that aren't in memory, but can be read from somewhere. */
  private static HostTensor inParts(DataType type, float[] values, int... sizes) {
    MemorySegment memory = HostMemory.HEAP.allocate(type, values.length);
    MemorySegment bytes = Numbers.host(type, values, memory, sizes).data();
    return new HostTensor(
        "values",
        type,
        Shape.of(sizes),
        (from, to) -> MemorySegment.copy(bytes, from, to, 0, to.byteSize()));
  }

  /** A checkpoint may store another type than the backend keeps, anywhere; it may go away. */
  @ParameterizedTest
  @EnumSource
  void hostTensorsOfAnyTypeInAnyMemory(WeightFormat format) {
    compare(
        bench -> {
          for (DataType type : new DataType[] {DataType.F32, DataType.F16, DataType.BF16}) {
            for (HostMemory memory : HostMemory.values()) {
              MemorySegment w = memory.allocate(type, 33 * 47);
              MemorySegment b = memory.allocate(type, 47);
              HostTensor weight = Numbers.host(type, Numbers.random(5, 33 * 47, 0.2), w, 33, 47);
              HostTensor bias = Numbers.host(type, Numbers.random(6, 47, 1), b, 47);
              LinearWeights weights = bench.weights(weight, bias, format);
              w.fill((byte) 0x7F);
              b.fill((byte) 0x7F);
              Tensor out = product(bench, weights, 3, Epilogue.NONE);
              String label = "%s in %s kept as %s".formatted(type, memory, format);
              bench.show(label, out, tolerance(format));
            }
            HostTensor weight = inParts(type, Numbers.random(5, 33 * 47, 0.2), 33, 47);
            HostTensor bias = inParts(type, Numbers.random(6, 47, 1), 47);
            LinearWeights weights = bench.weights(weight, bias, format);
            Tensor out = product(bench, weights, 3, Epilogue.NONE);
            String label = "%s in parts kept as %s".formatted(type, format);
            bench.show(label, out, tolerance(format));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void weightsDescribeThemselves(WeightFormat format) {
    onBackend(
        bench -> {
          HostTensor weight = Numbers.host(new float[768 * 512], 768, 512);
          HostTensor bias = Numbers.host(new float[512], 512);
          LinearWeights weights = bench.weights(weight, bias, format);
          assertEquals(768, weights.inputs());
          assertEquals(512, weights.outputs());
          long stored = format.bytes(512, 768) + 512 * 4;
          assertTrue(weights.bytes() >= stored, weights.bytes() + " bytes, stored " + stored);
          assertTrue(weights.bytes() <= stored * 1.1, weights.bytes() + " bytes, stored " + stored);
        });
  }

  /** An output is NaN where one of its weights is, and no other output is. */
  @ParameterizedTest
  @EnumSource
  void aWeightOfNaNSpoilsItsOutput(WeightFormat format) {
    compare(
        bench -> {
          float[] weight = Numbers.random(12, 80 * 140, 0.1);
          for (int output : new int[] {0, 3, 70, 139}) {
            weight[(output * 7 % 80) * 140 + output] = Float.NaN;
          }
          LinearWeights weights = bench.weights(Numbers.host(weight, 80, 140), null, format);
          for (int n : new int[] {1, 2, 5, 9, 33}) {
            Tensor out = product(bench, weights, n, Epilogue.NONE);
            bench.show(n + " rows, " + format, out, tolerance(format));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void aRowOfNaNSpoilsNoOther(Epilogue epilogue) {
    compare(
        bench -> {
          for (int n : new int[] {2, 5, 9, 33}) {
            float[] x = Numbers.random(n, n * 64, 1);
            Arrays.fill(x, 64, 128, Float.NaN);
            HostTensor weight = Numbers.host(Numbers.random(7, 64 * 65, 0.1), 64, 65);
            LinearWeights weights = bench.weights(weight, null, WeightFormat.F32);
            Tensor out = bench.floats(Numbers.random(8, n * 65, 1), n, 65);
            bench.operations().linear(out, bench.floats(x, n, 64), weights, epilogue);
            bench.show("first of " + n, out.rows(0, 1), tolerance(WeightFormat.F32));
            if (n > 2) {
              bench.show("others of " + n, out.rows(2, n - 2), tolerance(WeightFormat.F32));
            }
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void isDeterministic(WeightFormat format) {
    repeat(
        bench -> {
          HostTensor weight = Numbers.host(Numbers.random(9, 768 * 300, 0.03), 768, 300);
          LinearWeights weights = bench.weights(weight, null, format);
          for (int n : SOME_ROWS) {
            bench.show(n + " rows", product(bench, weights, n, Epilogue.GELU_TANH), 0);
          }
        });
  }

  @Test
  void inputsAreOnlyRead() {
    onBackend(
        bench -> {
          float[] values = Numbers.random(10, 9 * 48, 1);
          Tensor x = bench.floats(values, 9, 48);
          HostTensor weight = Numbers.host(Numbers.random(11, 48 * 48, 1), 48, 48);
          LinearWeights weights = bench.weights(weight, null, WeightFormat.F32);
          for (Epilogue epilogue : Epilogue.values()) {
            bench.operations().linear(bench.floats(9, 48), x, weights, epilogue);
          }
          assertArrayEquals(values, bench.read(x));
        });
  }

  @Test
  void largeAndTinyNumbers() {
    compare(
        bench -> {
          for (double size : new double[] {1e-40, 1e-20, 1e10, 1e18}) {
            HostTensor weight = Numbers.host(Numbers.random(12, 64 * 48, size / 8), 64, 48);
            LinearWeights weights = bench.weights(weight, null, WeightFormat.F32);
            Tensor out = bench.floats(3, 48);
            bench
                .operations()
                .linear(
                    out,
                    bench.floats(Numbers.random(13, 3 * 64, 1), 3, 64),
                    weights,
                    Epilogue.NONE);
            float[] scaled = bench.read(out);
            for (int i = 0; i < scaled.length; i++) {
              scaled[i] = (float) (scaled[i] / size);
            }
            // Below the smallest normal number a backend may round to zero.
            double tolerance = size < Float.MIN_NORMAL ? 10 : tolerance(WeightFormat.F32);
            bench.show("weights about " + size, scaled, 48, tolerance);
          }
        });
  }

  private static Tensor product(
      Workbench bench, LinearWeights weights, int rows, Epilogue epilogue) {
    int inputs = weights.inputs();
    int outputs = weights.outputs();
    Tensor x = bench.floats(Numbers.random(rows, rows * inputs, 1), rows, inputs);
    Tensor out =
        epilogue == Epilogue.ADD_TO_OUT
            ? bench.floats(Numbers.random(14, rows * outputs, 1), rows, outputs)
            : bench.floats(rows, outputs);
    bench.operations().linear(out, x, weights, epilogue);
    return out;
  }

  private double tolerance(WeightFormat format) {
    return subject().tolerance(format);
  }
}
