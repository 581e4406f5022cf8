package gpt2j.backend.cuda.gemm;

import gpt2j.backend.cuda.memory.Scratch;

/**
 * How a {@link PlainProduct} is cut into blocks: by the size of the tiles of results, and by the
 * number of parts of the depth, whose sums are added up afterwards.
 *
 * <p>What takes the least time by an estimate is taken, so that equal products are always cut
 * alike: the multiprocessor with most blocks decides, it makes 128 products per clock when it has
 * enough threads, and parts are written to memory and read again.
 */
record ProductTiles(int tile, int parts) {
  static final int LARGE = 128;
  static final int SMALL = 64;

  /** Elements of the depth that a block takes at a time; parts are multiples of it. */
  private static final int DEPTH = 8;

  /** Less depth isn't worth a block. */
  private static final int LEAST_PART = 128;

  private static final int MOST_PARTS = 64;
  private static final double PRODUCTS_PER_CLOCK = 128;

  /** Threads with which a multiprocessor is busy; with few it does half as much. */
  private static final double BUSY_THREADS = 512;

  /** More of a small tile's time goes into fetching operands. */
  private static final double SMALL_FACTOR = 1.1;

  /** Of one multiprocessor's share of the memory's bandwidth. */
  private static final double BYTES_PER_CLOCK = 20;

  /** Of the kernel that adds up the parts, beside what it moves. */
  private static final double LAUNCH_CLOCKS = 5_000;

  static ProductTiles of(int rows, int columns, int depth, int multiprocessors) {
    long results = (long) rows * columns;
    long room = Scratch.BYTES / (results * Float.BYTES);
    int most = Math.clamp(Math.min(room, depth / LEAST_PART), 1, MOST_PARTS);
    ProductTiles best = new ProductTiles(LARGE, 1);
    double least = Double.POSITIVE_INFINITY;
    for (int tile : new int[] {LARGE, SMALL}) {
      long tiles = (long) Math.ceilDiv(rows, tile) * Math.ceilDiv(columns, tile);
      for (int parts = 1; parts <= most; parts++) {
        ProductTiles candidate = new ProductTiles(tile, parts);
        double clocks = candidate.clocks(tiles, depth, multiprocessors);
        if (parts > 1) {
          double bytes = 2.0 * parts * results * Float.BYTES;
          clocks += LAUNCH_CLOCKS + bytes / (BYTES_PER_CLOCK * multiprocessors);
        }
        if (clocks < least) {
          least = clocks;
          best = candidate;
        }
      }
    }
    return best;
  }

  private double clocks(long tiles, int depth, int multiprocessors) {
    long blocks = Math.ceilDiv(tiles * parts, multiprocessors); // of one multiprocessor
    double rate = Math.min(1, 0.5 + 0.5 * blocks * threads() / BUSY_THREADS);
    double products = (double) blocks * tile * tile * part(depth);
    return products / PRODUCTS_PER_CLOCK / rate * (tile == SMALL ? SMALL_FACTOR : 1);
  }

  /** Of a block. */
  int threads() {
    return tile == LARGE ? 256 : 64;
  }

  /** Elements of the depth that a block works off. */
  int part(int depth) {
    return Math.ceilDiv(Math.ceilDiv(depth, parts), DEPTH) * DEPTH;
  }
}
