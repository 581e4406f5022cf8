package gpt2j.backend.cpu.embedded;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.Epilogue;
import gpt2j.api.LinearWeights;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cpu.CpuBackendProvider;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Multiplies one row, and as many as a prompt of several hundred tokens has. Prints {@code works},
 * or why the backend says that it can't, and whether it says the same when it is opened.
 */
final class Program {
  private static final int INPUTS = 64;
  private static final int OUTPUTS = 96;

  private Program() {}

  public static void main(String[] arguments) {
    CpuBackendProvider provider = new CpuBackendProvider();
    switch (provider.availability()) {
      case Availability.Unavailable(String reason) -> {
        System.out.println(reason);
        try (Backend backend = provider.open(BackendOptions.defaults())) {
          System.out.println("opens all the same: " + backend.device());
        } catch (BackendUnavailableException e) {
          boolean same = ("the cpu backend is unavailable: " + reason).equals(e.getMessage());
          System.out.println(same ? "refuses" : e.getMessage());
        }
      }
      case Availability.Available _ -> {
        try (Backend backend = provider.open(BackendOptions.defaults().withThreads(2))) {
          multiply(backend, 1);
          multiply(backend, 300);
        } catch (BackendUnavailableException e) {
          System.out.println(e.getMessage());
          return;
        }
        System.out.println("works");
      }
    }
  }

  private static void multiply(Backend backend, int rows) {
    try (Arena arena = Arena.ofShared();
        LinearWeights weights =
            backend.linearWeights(
                new HostTensor(
                    "weights",
                    DataType.F32,
                    Shape.of(INPUTS, OUTPUTS),
                    numbers(arena, INPUTS * OUTPUTS, 7)),
                null,
                WeightFormat.F32);
        Tensor x = backend.allocate(DataType.F32, Shape.of(rows, INPUTS), Usage.ACTIVATION);
        Tensor out = backend.allocate(DataType.F32, Shape.of(rows, OUTPUTS), Usage.ACTIVATION)) {
      backend.write(x, numbers(arena, rows * INPUTS, 5));
      backend.operations().linear(out, x, weights, Epilogue.NONE);
      MemorySegment result = arena.allocate(out.bytes(), Float.BYTES);
      backend.read(out, result);
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < OUTPUTS; column++) {
          float sum = 0;
          for (int i = 0; i < INPUTS; i++) {
            sum += number(row * INPUTS + i, 5) * number(i * OUTPUTS + column, 7);
          }
          float actual = result.getAtIndex(ValueLayout.JAVA_FLOAT, row * OUTPUTS + column);
          if (actual != sum) { // all are small whole numbers
            throw new AssertionError("row %d, column %d".formatted(row, column));
          }
        }
      }
    }
  }

  private static MemorySegment numbers(Arena arena, int count, int period) {
    MemorySegment numbers = arena.allocate((long) count * Float.BYTES, Float.BYTES);
    for (int i = 0; i < count; i++) {
      numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, number(i, period));
    }
    return numbers;
  }

  private static float number(int index, int period) {
    return index % period - period / 2;
  }
}
