package gpt2j.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import org.junit.jupiter.api.Test;

class TokenBatchTest {
  private static final class HandleOnly implements Tensor {
    private final DataType type;
    private final Shape shape;
    private boolean closed;

    HandleOnly(DataType type, int... sizes) {
      this.type = type;
      this.shape = Shape.of(sizes);
    }

    @Override
    public DataType type() {
      return type;
    }

    @Override
    public Shape shape() {
      return shape;
    }

    @Override
    public Tensor rows(int first, int count) {
      assertEquals(0, first);
      return new HandleOnly(type, count);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private static HandleOnly ints(int... sizes) {
    return new HandleOnly(DataType.I32, sizes);
  }

  @Test
  void countsItsRows() {
    TokenBatch batch = new TokenBatch(ints(5), ints(5), ints(5));
    assertEquals(5, batch.rows());
    assertEquals(3, batch.first(3).rows());
  }

  @Test
  void refusesWhatIsNoListOfRows() {
    Tensor fine = ints(5);
    for (Tensor wrong :
        new Tensor[] {ints(4), ints(5, 1), ints(1, 5), new HandleOnly(DataType.F32, 5)}) {
      assertThrows(IllegalArgumentException.class, () -> new TokenBatch(wrong, fine, fine));
      assertThrows(IllegalArgumentException.class, () -> new TokenBatch(fine, wrong, fine));
      assertThrows(IllegalArgumentException.class, () -> new TokenBatch(fine, fine, wrong));
    }
    Tensor matrix = ints(5, 1);
    assertThrows(IllegalArgumentException.class, () -> new TokenBatch(matrix, matrix, matrix));
  }

  @Test
  void closesAllThree() {
    HandleOnly[] tensors = {ints(2), ints(2), ints(2)};
    new TokenBatch(tensors[0], tensors[1], tensors[2]).close();
    for (HandleOnly tensor : tensors) {
      assertTrue(tensor.closed);
    }
  }
}
