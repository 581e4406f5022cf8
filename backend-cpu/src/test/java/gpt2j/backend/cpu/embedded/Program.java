package gpt2j.backend.cpu.embedded;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.EmbeddingTable;
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
 * Multiplies one row, and as many as a prompt of several hundred tokens has, with a matrix and with
 * an output head, whose product is ND4J's on every processor. Prints {@code works}, or why the
 * backend says that it can't, and whether it says the same when it is opened.
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
                weights(arena, Shape.of(INPUTS, OUTPUTS)), null, WeightFormat.F32);
        EmbeddingTable head =
            backend.embeddingTable(weights(arena, Shape.of(OUTPUTS, INPUTS)), WeightFormat.F32);
        Tensor x = backend.allocate(DataType.F32, Shape.of(rows, INPUTS), Usage.ACTIVATION);
        Tensor out = backend.allocate(DataType.F32, Shape.of(rows, OUTPUTS), Usage.ACTIVATION)) {
      backend.write(x, numbers(arena, rows * INPUTS, 5));
      backend.operations().linear(out, x, weights, Epilogue.NONE);
      check(backend, arena, out, OUTPUTS, 1);
      backend.operations().logits(out, x, head);
      check(backend, arena, out, 1, INPUTS);
    }
  }

  private static HostTensor weights(Arena arena, Shape shape) {
    return new HostTensor("weights", DataType.F32, shape, numbers(arena, INPUTS * OUTPUTS, 7));
  }

  /**
   * All are small whole numbers. The weight of input i and column c is number i·input + c·column.
   */
  private static void check(Backend backend, Arena arena, Tensor out, int input, int column) {
    MemorySegment result = arena.allocate(out.bytes(), Float.BYTES);
    backend.read(out, result);
    for (int row = 0; row < out.shape().rows(); row++) {
      for (int c = 0; c < OUTPUTS; c++) {
        float sum = 0;
        for (int i = 0; i < INPUTS; i++) {
          sum += number(row * INPUTS + i, 5) * number(i * input + c * column, 7);
        }
        if (result.getAtIndex(ValueLayout.JAVA_FLOAT, row * OUTPUTS + c) != sum) {
          throw new AssertionError("row %d, column %d".formatted(row, c));
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
