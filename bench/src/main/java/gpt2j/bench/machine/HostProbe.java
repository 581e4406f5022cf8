package gpt2j.bench.machine;

import gpt2j.bench.statistics.Statistics;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.function.IntConsumer;
import java.util.stream.LongStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** Measures the processor and its memory by loops of vector instructions, on several threads. */
public final class HostProbe {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int WARMUP = 4;
  private static final int SAMPLES = 12;
  private static final int BRIEF_WARMUP = 1;
  private static final int BRIEF_SAMPLES = 3;
  private static final long BUFFER = 1L << 29;
  private static final int[] STREAMS = {2, 4, 8};
  private static final int BLOCK_VECTORS = 8;
  private static final long CHUNK = 1 << 14; // of each stream, a multiple of a block's size
  private static final int CHAINS = 12;
  private static final int ROUNDS = 10_000;
  private static final int CALLS = 2_000;

  private final int threads;
  private volatile long sink; // where results go, so that they aren't left out

  /** Measures with so many threads. */
  public HostProbe(int threads) {
    this.threads = threads;
  }

  /** How {@link #bandwidth} is measured. */
  public String bandwidthMethod() {
    return "%d threads read 512 MiB, vectors of %d bits".formatted(threads, INTS.vectorBitSize());
  }

  /** How {@link #arithmetic} is measured. */
  public String arithmeticMethod() {
    return "%d threads of fused multiply-adds, %d chains each, vectors of %d bits"
        .formatted(threads, CHAINS, FLOATS.vectorBitSize());
  }

  /**
   * Bytes per second that all threads read together. From how many addresses a core must read at
   * once to fill its line buffers differs between machines: the fastest of some numbers is taken.
   */
  public List<Double> bandwidth() {
    return bandwidth(WARMUP, SAMPLES);
  }

  /** The same in a third of a second, for watching how it moves: the median of a few reads. */
  double briefBandwidth() {
    double[] rates = Statistics.values(bandwidth(BRIEF_WARMUP, BRIEF_SAMPLES));
    return Statistics.median(rates);
  }

  private List<Double> bandwidth(int warmup, int samples) {
    long largest = STREAMS[STREAMS.length - 1] * CHUNK;
    long share = BUFFER / threads / largest * largest;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment buffer = HugePages.allocate(arena, share * threads);
      for (long i = 0; i < buffer.byteSize(); i += Long.BYTES) {
        buffer.set(ValueLayout.JAVA_LONG, i, i); // pages of their own, that differ
      }
      List<Double> fastest = List.of();
      for (int streams : STREAMS) {
        List<Double> rates =
            rates(
                (double) share * threads,
                t -> sink += read(buffer, t * share, share, streams),
                warmup,
                samples);
        fastest = max(rates) > max(fastest) ? rates : fastest;
      }
      return fastest;
    }
  }

  private static double max(List<Double> rates) {
    return rates.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  private static long read(MemorySegment buffer, long from, long bytes, int streams) {
    long stride = bytes / streams;
    long sum = 0;
    for (long i = from; i < from + stride; i += CHUNK) { // calls, which the compiler compiles whole
      sum += readChunk(buffer, i, stride, streams);
    }
    return sum;
  }

  private static long readChunk(MemorySegment buffer, long from, long stride, int streams) {
    IntVector a = IntVector.zero(INTS);
    IntVector b = a;
    IntVector c = a;
    IntVector d = a;
    int step = INTS.vectorByteSize();
    for (long i = from; i < from + CHUNK; i += BLOCK_VECTORS * step) {
      for (int stream = 0; stream < streams; stream++) {
        long at = i + stream * stride;
        a = a.add(load(buffer, at)).add(load(buffer, at + step));
        b = b.add(load(buffer, at + 2L * step)).add(load(buffer, at + 3L * step));
        c = c.add(load(buffer, at + 4L * step)).add(load(buffer, at + 5L * step));
        d = d.add(load(buffer, at + 6L * step)).add(load(buffer, at + 7L * step));
      }
    }
    return a.add(b).add(c).add(d).lane(0);
  }

  private static IntVector load(MemorySegment buffer, long offset) {
    return IntVector.fromMemorySegment(INTS, buffer, offset, ByteOrder.nativeOrder());
  }

  /** Operations per second of all threads together; a fused multiply-add is two. */
  public List<Double> arithmetic() {
    double operations = 2.0 * CHAINS * FLOATS.length() * ROUNDS * CALLS * threads;
    return rates(operations, thread -> sink += (long) multiplyAdds(thread), WARMUP, SAMPLES);
  }

  private static float multiplyAdds(int thread) {
    float sum = 0;
    for (int i = 0; i < CALLS; i++) {
      sum += multiplyAdd(thread + i);
    }
    return sum;
  }

  private static float multiplyAdd(float seed) {
    FloatVector x = FloatVector.broadcast(FLOATS, 0.999f);
    FloatVector y = FloatVector.broadcast(FLOATS, 1e-3f);
    FloatVector a = FloatVector.broadcast(FLOATS, seed);
    FloatVector b = a.add(1);
    FloatVector c = a.add(2);
    FloatVector d = a.add(3);
    FloatVector e = a.add(4);
    FloatVector f = a.add(5);
    FloatVector g = a.add(6);
    FloatVector h = a.add(7);
    FloatVector i = a.add(8);
    FloatVector j = a.add(9);
    FloatVector k = a.add(10);
    FloatVector l = a.add(11);
    for (int round = 0; round < ROUNDS; round++) {
      a = a.fma(x, y);
      b = b.fma(x, y);
      c = c.fma(x, y);
      d = d.fma(x, y);
      e = e.fma(x, y);
      f = f.fma(x, y);
      g = g.fma(x, y);
      h = h.fma(x, y);
      i = i.fma(x, y);
      j = j.fma(x, y);
      k = k.fma(x, y);
      l = l.fma(x, y);
    }
    return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l).lane(0);
  }

  /**
   * Lets all threads work at the same time, again and again. Each takes its own time, for who waits
   * for them may find no processor free: from the first one's beginning to the last one's end.
   */
  private List<Double> rates(double amount, IntConsumer work, int warmup, int samples) {
    long[][] begun = new long[warmup + samples][threads];
    long[][] ended = new long[warmup + samples][threads];
    CyclicBarrier barrier = new CyclicBarrier(threads);
    List<Thread> team = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int thread = i;
      team.add(
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    for (int round = 0; round < begun.length; round++) {
                      await(barrier);
                      begun[round][thread] = System.nanoTime();
                      work.accept(thread);
                      ended[round][thread] = System.nanoTime();
                    }
                  }));
    }
    List<Double> rates = new ArrayList<>();
    try {
      for (Thread thread : team) {
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    for (int round = warmup; round < begun.length; round++) {
      long start = LongStream.of(begun[round]).min().orElseThrow();
      long end = LongStream.of(ended[round]).max().orElseThrow();
      rates.add(amount * NANOS_PER_SECOND / (end - start));
    }
    return rates;
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }
}
