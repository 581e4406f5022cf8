package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory: allocate, write, read, views. */
abstract class TensorContract extends Contract {
  TensorContract(BackendContract subject) {
    super(subject);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsRead(DataType type) {
    onBackend(
        bench -> {
          for (int elements : new int[] {1, 2, 3, 15, 16, 17, 1000, 65_537}) {
            Tensor tensor = allocate(bench, type, Shape.of(elements));
            byte[] bits = bytes(elements, Math.toIntExact(tensor.bytes()));
            bench.backend().write(tensor, MemorySegment.ofArray(bits));
            assertArrayEquals(bits, read(bench, tensor), type + " of " + elements);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void describesItself(DataType type) {
    onBackend(
        bench -> {
          Tensor tensor = allocate(bench, type, Shape.of(3, 5, 7));
          assertEquals(type, tensor.type());
          assertEquals(Shape.of(3, 5, 7), tensor.shape());
          assertEquals(3 * 5 * 7 * type.bytes(), tensor.bytes());
          assertEquals(Shape.of(2, 5, 7), tensor.rows(1, 2).shape());
          assertEquals(2 * 5 * 7 * type.bytes(), tensor.rows(1, 2).bytes());
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void hostMemoryOfAnyKindAndAlignment(boolean onHeap) {
    onBackend(
        bench -> {
          Tensor tensor = allocate(bench, DataType.F32, Shape.of(11));
          byte[] bits = bytes(4, 44);
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment host =
                onHeap ? MemorySegment.ofArray(new byte[48]) : arena.allocate(48, 8);
            MemorySegment unaligned = host.asSlice(3, 44);
            unaligned.copyFrom(MemorySegment.ofArray(bits));
            bench.backend().write(tensor, unaligned.asReadOnly());
            unaligned.fill((byte) 0); // the host may change it at once
            bench.backend().read(tensor, unaligned);
            assertArrayEquals(bits, unaligned.toArray(ValueLayout.JAVA_BYTE));
          }
        });
  }

  @Test
  void writingAViewLeavesTheOtherRows() {
    onBackend(
        bench -> {
          Tensor tensor = bench.floats(Numbers.random(1, 7 * 5, 1), 7, 5);
          float[] expected = bench.read(tensor);
          float[] inside = Numbers.random(2, 3 * 5, 1);
          Tensor view = tensor.rows(2, 3);
          bench.write(view, inside);
          System.arraycopy(inside, 0, expected, 2 * 5, inside.length);
          assertArrayEquals(expected, bench.read(tensor));
          assertArrayEquals(inside, bench.read(view));
        });
  }

  @Test
  void aViewOfAViewCountsFromTheView() {
    onBackend(
        bench -> {
          Tensor tensor = bench.ints(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
          Tensor view = tensor.rows(2, 6).rows(3, 2);
          assertArrayEquals(new int[] {5, 6}, bench.readInts(view));
          bench.write(view, 50, 60);
          int[] expected = {0, 1, 2, 3, 4, 50, 60, 7, 8, 9};
          assertArrayEquals(expected, bench.readInts(tensor));
        });
  }

  @Test
  void closingAViewDoesNothing() {
    onBackend(
        bench -> {
          Tensor tensor = bench.ints(1, 2, 3);
          tensor.rows(0, 2).close();
          assertArrayEquals(new int[] {1, 2, 3}, bench.readInts(tensor));
        });
  }

  @Test
  void viewsOutsideTheTensorAreRefused() {
    onBackend(
        bench -> {
          Tensor tensor = bench.floats(4, 3);
          int[][] outside = {{-1, 2}, {0, 5}, {4, 1}, {3, 2}, {2, Integer.MAX_VALUE}};
          for (int[] rows : outside) {
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.rows(rows[0], rows[1]));
          }
        });
  }

  @Test
  void hostMemoryOfAnotherSizeIsRefused() {
    onBackend(
        bench -> {
          Tensor tensor = bench.floats(4, 3);
          for (int bytes : new int[] {0, 47, 49, 96}) {
            MemorySegment host = MemorySegment.ofArray(new byte[bytes]);
            assertThrows(IllegalArgumentException.class, () -> bench.backend().write(tensor, host));
            assertThrows(IllegalArgumentException.class, () -> bench.backend().read(tensor, host));
          }
        });
  }

  @Test
  void writesAreInOrderWithOperations() {
    onBackend(
        bench -> {
          Tensor x = bench.floats(1, 1000);
          Tensor both = bench.floats(64, 1000);
          Tensor first = bench.ints(0);
          for (int step = 0; step < 64; step++) {
            bench.write(x, Numbers.repeated(step, 1000));
            bench.operations().selectRows(both.rows(step, 1), x, first);
          }
          float[] values = bench.read(both);
          for (int i = 0; i < values.length; i++) {
            assertEquals(i / 1000, values[i], "step " + i / 1000);
          }
        });
  }

  private static Tensor allocate(Workbench bench, DataType type, Shape shape) {
    return switch (type) {
      case F32, I32 -> bench.keep(bench.backend().allocate(type, shape, Usage.IO));
      case F16 -> ofFeature(Feature.TENSOR_F16, bench, type, shape);
      case BF16 -> ofFeature(Feature.TENSOR_BF16, bench, type, shape);
    };
  }

  private static Tensor ofFeature(Feature feature, Workbench bench, DataType type, Shape shape) {
    return bench.keep(
        bench.attempt(feature, () -> bench.backend().allocate(type, shape, Usage.IO)));
  }

  private static byte[] read(Workbench bench, Tensor tensor) {
    byte[] bytes = new byte[Math.toIntExact(tensor.bytes())];
    bench.backend().read(tensor, MemorySegment.ofArray(bytes));
    return bytes;
  }

  private static byte[] bytes(long seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
