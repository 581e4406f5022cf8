package gpt2j.backend.cuda.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.backend.cuda.memory.Scratch;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ProductTilesTest {
  private static final int DEPTH = 8;

  @Test
  void partsFitTheWorkingMemoryAndCoverTheDepth() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 2_000; i++) {
      int rows = size(random);
      int columns = size(random);
      int depth = size(random);
      ProductTiles tiles = ProductTiles.of(rows, columns, depth, 1 + random.nextInt(200));
      String product = "%d x %d x %d: %s".formatted(rows, columns, depth, tiles);
      assertEquals(0, tiles.part(depth) % DEPTH, product);
      int parts = Math.ceilDiv(depth, tiles.part(depth));
      assertTrue(parts >= 1 && parts <= tiles.parts(), product);
      long bytes = (long) parts * rows * columns * Float.BYTES;
      assertTrue(parts == 1 || bytes <= Scratch.BYTES, product);
    }
  }

  private static int size(SplittableRandom random) {
    return 1 + random.nextInt(1 << random.nextInt(1, 18));
  }

  /** The gradient of a small matrix has few results and a great depth. */
  @Test
  void fewResultsOfGreatDepthAreSplit() {
    assertTrue(ProductTiles.of(768, 768, 4096, 132).parts() > 1);
    assertEquals(1, ProductTiles.of(4096, 3072, 768, 132).parts());
  }
}
