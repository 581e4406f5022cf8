package gpt2j.bench.jmh;

import gpt2j.api.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Adds up numbers in the host's memory, more of them than caches hold. */
final class HostRead implements Bandwidth {
  private static final int PASSES = 5;
  private static final long BYTES = 256L << 20;

  private final long[][] parts;
  private final long[] sums;

  HostRead(int threads) {
    parts = new long[threads][Math.toIntExact(BYTES / threads / Long.BYTES)];
    Arrays.stream(parts).forEach(part -> Arrays.fill(part, 3));
    sums = new long[threads];
    measure(); // until it is compiled
  }

  /** With as many threads as a backend has. */
  static HostRead like(String backend, int threads) {
    if (threads > 0) {
      return new HostRead(threads);
    }
    try (Backend opened = Device.open(backend, threads)) {
      return new HostRead(opened.device().threads());
    }
  }

  @Override
  public double measure() {
    long least = Long.MAX_VALUE;
    for (int pass = 0; pass < PASSES; pass++) {
      long start = System.nanoTime();
      readAll();
      least = Math.min(least, System.nanoTime() - start);
    }
    long numbers = (long) parts.length * parts[0].length;
    if (Arrays.stream(sums).sum() != 3 * numbers) {
      throw new IllegalStateException("the sum is wrong");
    }
    return numbers * Long.BYTES * 1e9 / least;
  }

  private void readAll() {
    List<Thread> threads = new ArrayList<>();
    for (int i = 1; i < parts.length; i++) {
      int part = i;
      threads.add(Thread.ofPlatform().start(() -> sums[part] = sum(parts[part])));
    }
    sums[0] = sum(parts[0]);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static long sum(long... numbers) {
    long sum = 0;
    for (long number : numbers) {
      sum += number;
    }
    return sum;
  }

  @Override
  public void close() {}
}
